using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;
using Tidepool.Rehearsal;

namespace Tidepool.Tests.Rehearsal;

public sealed class DemoVerdictSpecs
{
    [Fact]
    public void An_artifact_that_deploy_found_with_the_checksum_that_build_wrote_is_found() =>
        Assert.Equal(new DemoVerdict("found", null), DemoVerdict.Of(Run(NodeResult.Succeeded, "found", "abc")));

    [Fact]
    public void An_artifact_with_another_checksum_is_an_error() => Assert.Equal(
        new DemoVerdict("error", "Deploy found SHA-256 xyz, Build wrote abc."), DemoVerdict.Of(Run(NodeResult.Succeeded, "found", "xyz")));

    [Fact]
    public void Only_what_deploy_itself_reports_as_missing_is_not_found() =>
        Assert.Equal(new DemoVerdict("not-found", null), DemoVerdict.Of(Run(NodeResult.Failed, "not-found", null)));

    [Fact]
    public void A_deploy_that_failed_for_another_reason_is_an_error_and_says_why()
    {
        var run = Run(NodeResult.Failed, artifact: null, sha256: null, issue: "No space left on device");
        Assert.Equal(new DemoVerdict("error", "Deploy: No space left on device"), DemoVerdict.Of(run));
    }

    [Fact]
    public void A_missing_artifact_that_the_control_did_not_find_either_is_an_error()
    {
        var run = Run(NodeResult.Failed, "not-found", null, control: NodeResult.Failed);
        Assert.Equal("error", DemoVerdict.Of(run).Observed);
        Assert.Equal("Control: it gave no reason.", DemoVerdict.Of(run).Reason);
    }

    [Fact]
    public void A_lost_agent_is_an_error_and_no_missing_artifact()
    {
        var run = Run(NodeResult.Abandoned, artifact: null, sha256: null, reason: "lost: container agent-1 ended");
        Assert.Equal(new DemoVerdict("error", "Deploy: lost: container agent-1 ended"), DemoVerdict.Of(run));
    }

    private static RunSnapshot Run(
        NodeResult deploy, string? artifact, string? sha256, NodeResult control = NodeResult.Succeeded, string? issue = null, string? reason = null) => new()
        {
            Id = 1,
            Number = "20260102.1",
            Stages =
            [
                Stage("Build", NodeResult.Succeeded, ("pack.sha256", "abc")),
                Stage("Control", control, ("deploy.artifact", control == NodeResult.Succeeded ? "found" : "not-found")),
                Stage("Deploy", deploy, ("deploy.artifact", artifact), ("deploy.sha256", sha256)) is var stage && issue is null && reason is null
                    ? stage
                    : stage with { Jobs = [stage.Jobs[0] with { Reason = reason, Issues = issue is null ? [] : [new RunIssue("error", issue)] }] },
            ],
        };

    private static StageSnapshot Stage(string name, NodeResult result, params (string Name, string? Value)[] outputs) => new()
    {
        Name = name,
        DisplayName = name,
        Result = result,
        Jobs =
        [
            new JobSnapshot
            {
                Name = name,
                DisplayName = name,
                Result = result,
                Outputs = outputs.Where(output => output.Value is not null).ToDictionary(output => output.Name, output => output.Value!),
            },
        ],
    };
}
