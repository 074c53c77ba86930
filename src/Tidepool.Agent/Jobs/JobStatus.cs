namespace Tidepool.Agent.Jobs;

/// <summary>How a step or a job ended, or stands; a higher one is worse.</summary>
internal enum JobStatus
{
    Succeeded,
    SucceededWithIssues,
    Failed,
    Canceled,
    Skipped,
    Abandoned,
}

internal static class JobStatusNames
{
    /// <summary>As the wire spells it.</summary>
    public static string ToWire(this JobStatus status) => status switch
    {
        JobStatus.Succeeded => "succeeded",
        JobStatus.SucceededWithIssues => "succeededWithIssues",
        JobStatus.Failed => "failed",
        JobStatus.Canceled => "canceled",
        JobStatus.Skipped => "skipped",
        JobStatus.Abandoned => "abandoned",
        var other => throw new InvalidOperationException($"Unhandled status {other}."),
    };

    /// <summary>The worse of two.</summary>
    public static JobStatus Merge(this JobStatus one, JobStatus? other) => other is { } status && status > one ? status : one;
}
