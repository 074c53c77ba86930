namespace Tidepool.Pipelines.Graph;

/// <summary>How a stage or a job ended.</summary>
public enum NodeResult
{
    Succeeded,
    SucceededWithIssues,
    Failed,
    Canceled,
    Skipped,
    Abandoned,
}
