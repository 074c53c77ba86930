using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Rehearsal;

/// <summary>Turns what the service saw of a run into the report's form.</summary>
public static class RunReports
{
    /// <summary>The whole run.</summary>
    /// <param name="snapshot">The run.</param>
    /// <param name="taskArns">Every task of the environment, to name the one whose id an agent published.</param>
    public static RunReport Of(RunSnapshot snapshot, IReadOnlyCollection<string> taskArns) => new()
    {
        Id = snapshot.Id,
        Result = Word(snapshot.Result),
        Stages =
        [
            .. snapshot.Stages.Select(stage => new StageReport
            {
                Name = stage.Name,
                Result = Word(stage.Result),
                Reason = stage.Reason,
                Jobs = [.. stage.Jobs.Select(job => Of(job, taskArns))],
            }),
        ],
    };

    /// <summary>A result as the service spells it; a node without one never ended.</summary>
    public static string Word(NodeResult? result) => result switch
    {
        NodeResult.Succeeded => "succeeded",
        NodeResult.SucceededWithIssues => "succeededWithIssues",
        NodeResult.Failed => "failed",
        NodeResult.Canceled => "canceled",
        NodeResult.Skipped => "skipped",
        NodeResult.Abandoned => "abandoned",
        null => "unfinished",
        _ => throw new InvalidOperationException($"Unhandled {nameof(NodeResult)} {result}."),
    };

    /// <summary>Why a run did not succeed: what failed first in it; null when nothing says.</summary>
    public static string? WhyNot(RunSnapshot run) => run.Stages
        .SelectMany(stage => stage.Jobs.Select(job => WhyNot(stage, job)))
        .FirstOrDefault(reason => reason is not null);

    /// <summary>Why a job did not succeed: its own reason, or the last error of the first step that failed.</summary>
    public static string? WhyNot(StageSnapshot stage, JobSnapshot job)
    {
        if (job.Result is null or NodeResult.Succeeded or NodeResult.SucceededWithIssues or NodeResult.Skipped)
        {
            return null;
        }

        var title = Title(new(stage.Name, stage.DisplayName), new(job.Name, job.DisplayName));
        if (job.Reason is { } reason)
        {
            return $"{title}: {reason}";
        }

        var step = job.Steps.FirstOrDefault(one => one.Result is NodeResult.Failed or NodeResult.Canceled or NodeResult.Abandoned);
        var error = (step?.Issues ?? job.Issues).LastOrDefault(issue => issue.Type == "error")?.Message ?? "it gave no reason.";
        return step is null ? $"{title}: {error}" : $"{title}, step {step.DisplayName}: {error}";
    }

    /// <summary>How a job is called where its stage is not shown besides.</summary>
    public static string Title(NodeName stage, NodeName job) => stage.Name == PipelineStage.DefaultName || stage.DisplayName == job.DisplayName
        ? job.DisplayName
        : $"{stage.DisplayName} › {job.DisplayName}";

    private static JobReport Of(JobSnapshot job, IReadOnlyCollection<string> taskArns) => new()
    {
        Name = job.Name,
        Result = Word(job.Result),
        Reason = job.Reason,
        Agent = job.AgentName,
        TaskArn = job.AgentCapabilities.TryGetValue(RehearsalEnvironment.TaskCapability, out var id)
            ? taskArns.FirstOrDefault(arn => RehearsalEnvironment.TaskId(arn) == id)
            : null,
        Container = job.AgentCapabilities.GetValueOrDefault(RehearsalEnvironment.ContainerCapability),
        MappedFrom = job.MappedFrom,
        QueuedAt = job.QueuedAt,
        StartedAt = job.StartedAt,
        FinishedAt = job.FinishedAt,
        Issues = [.. job.Issues.Concat(job.Steps.SelectMany(step => step.Issues)).Select(issue => issue.Message)],
        Steps =
        [
            .. job.Steps.Select(step => new StepReport(
                step.DisplayName,
                Word(step.Result),
                step.StartedAt is { } began && step.FinishedAt is { } ended ? Math.Round((ended - began).TotalSeconds, 3) : 0)),
        ],
    };
}
