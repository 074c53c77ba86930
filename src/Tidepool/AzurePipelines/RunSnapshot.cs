using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines;

/// <summary>A run at one instant. A null result means that it has not ended.</summary>
public sealed record RunSnapshot
{
    public required int Id { get; init; }
    public required string Number { get; init; }
    public NodeResult? Result { get; init; }
    public IReadOnlyList<StageSnapshot> Stages { get; init; } = [];
}

public sealed record StageSnapshot
{
    public required string Name { get; init; }
    public required string DisplayName { get; init; }
    public NodeResult? Result { get; init; }

    /// <summary>Why it was skipped or failed without running.</summary>
    public string? Reason { get; init; }
    public IReadOnlyList<JobSnapshot> Jobs { get; init; } = [];
}

/// <summary>A job, or one leg of a job that a strategy or a deployment makes several of.</summary>
public sealed record JobSnapshot
{
    /// <summary>The job's name; of a leg with the leg's after a dot, as in <c>Build.linux</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The leg's name; null for a job that is one.</summary>
    public string? Leg { get; init; }

    /// <summary>1 for the first; more after a retry of its stage.</summary>
    public int Attempt { get; init; } = 1;
    public required string DisplayName { get; init; }

    /// <summary>As dependents see it: a failed job with <c>continueOnError</c> reads SucceededWithIssues.</summary>
    public NodeResult? Result { get; init; }

    /// <summary>Why it was skipped, failed before a step ran, or got lost.</summary>
    public string? Reason { get; init; }

    /// <summary>What the pipeline names where it is not the embedded pool; else null.</summary>
    public string? MappedFrom { get; init; }
    public string? AgentName { get; init; }

    /// <summary>The agent's capabilities when it got the job, <c>FARGATE_TASK</c> among them for the built-in agent.</summary>
    public IReadOnlyDictionary<string, string> AgentCapabilities { get; init; } = new Dictionary<string, string>();
    public DateTimeOffset? QueuedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Output variables, keys as in <c>outputs['step.variable']</c>; a secret one reads <c>***</c>.</summary>
    public IReadOnlyDictionary<string, string> Outputs { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<RunIssue> Issues { get; init; } = [];
    public IReadOnlyList<StepSnapshot> Steps { get; init; } = [];
}

public sealed record StepSnapshot
{
    public required string Name { get; init; }
    public required string DisplayName { get; init; }
    public NodeResult? Result { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public IReadOnlyList<RunIssue> Issues { get; init; } = [];
    internal Func<IReadOnlyList<string>> ReadLog { get; init; } = () => [];

    /// <summary>The step's log, line by line, without time stamps; what has come so far while it runs.</summary>
    public IReadOnlyList<string> LogLines() => ReadLog();
}
