using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Rehearsal;

/// <summary>Turns what the service saw of a run into the report's form.</summary>
internal static class RunReports
{
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

    /// <summary>The first reason that a run which did not succeed gives; null when it gives none.</summary>
    public static string? WhyNot(RunReport run) => run.Stages
        .SelectMany(stage => stage.Jobs)
        .Where(job => job.Result is not ("succeeded" or "succeededWithIssues" or "skipped"))
        .Select(job => job.Reason ?? (job.Issues.Count > 0 ? job.Issues[0] : null))
        .FirstOrDefault(reason => reason is not null);

    private static JobReport Of(JobSnapshot job, IReadOnlyCollection<string> taskArns) => new()
    {
        Name = job.Name,
        Result = Word(job.Result),
        Reason = job.Reason,
        Agent = job.AgentName,
        TaskArn = job.AgentCapabilities.TryGetValue("FARGATE_TASK", out var id)
            ? taskArns.FirstOrDefault(arn => RehearsalEnvironment.TaskId(arn) == id)
            : null,
        Container = job.AgentCapabilities.GetValueOrDefault("FARGATE_CONTAINER"),
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
