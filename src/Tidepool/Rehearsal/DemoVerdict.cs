using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Rehearsal;

/// <summary>What one run of <c>pipelines/bind-mount.yml</c> showed.</summary>
/// <param name="Observed"><c>found</c>, <c>not-found</c> or <c>error</c>.</param>
/// <param name="Reason">Why it is an error; null otherwise.</param>
internal sealed record DemoVerdict(string Observed, string? Reason)
{
    /// <summary>Judges by what the steps themselves reported. A <c>not-found</c> counts only after a control that found.</summary>
    public static DemoVerdict Of(RunSnapshot run)
    {
        if (Job(run, "Build") is not { Result: NodeResult.Succeeded } build)
        {
            return Error(run, "Build");
        }

        if (Job(run, "Control") is not { Result: NodeResult.Succeeded } control || Output(control, "deploy.artifact") != DemoScenario.Found)
        {
            return Error(run, "Control");
        }

        var deploy = Job(run, "Deploy");
        return (deploy?.Result, Output(deploy, "deploy.artifact")) switch
        {
            (NodeResult.Succeeded, DemoScenario.Found) when Output(deploy, "deploy.sha256") == Output(build, "pack.sha256") =>
                new DemoVerdict(DemoScenario.Found, null),
            (NodeResult.Succeeded, DemoScenario.Found) => new DemoVerdict(
                DemoScenario.Error,
                $"Deploy found SHA-256 {Output(deploy, "deploy.sha256")}, Build wrote {Output(build, "pack.sha256")}."),
            (NodeResult.Failed, DemoScenario.NotFound) => new DemoVerdict(DemoScenario.NotFound, null),
            _ => Error(run, "Deploy"),
        };
    }

    public static JobSnapshot? Job(RunSnapshot run, string stage) =>
        run.Stages.FirstOrDefault(candidate => candidate.Name == stage)?.Jobs.FirstOrDefault();

    public static string? Output(JobSnapshot? job, string name) => job?.Outputs.GetValueOrDefault(name);

    private static DemoVerdict Error(RunSnapshot run, string stage)
    {
        var seen = run.Stages.FirstOrDefault(candidate => candidate.Name == stage);
        var why = (seen?.Jobs is [var job, ..] ? RunReports.WhyNot(seen, job) : null)
            ?? seen?.Reason
            ?? $"{stage} ended {RunReports.Word(seen?.Result)} and reported nothing.";
        return new DemoVerdict(DemoScenario.Error, why);
    }
}
