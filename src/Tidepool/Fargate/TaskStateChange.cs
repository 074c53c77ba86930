namespace Tidepool.Fargate;

/// <summary>What a state change is about.</summary>
public enum TaskStateChangeKind
{
    /// <summary>A task has a new <c>lastStatus</c> or <c>desiredStatus</c>.</summary>
    Task,

    /// <summary>A container has a new status.</summary>
    Container,

    /// <summary>A container is started again in place.</summary>
    ContainerRestart,

    /// <summary>Something of the environment itself, as a full disk; reported once.</summary>
    Notice,
}

/// <summary>A change of a task or of one of its containers.</summary>
public sealed record TaskStateChange
{
    /// <summary>When it happened.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What it is about.</summary>
    public required TaskStateChangeKind Kind { get; init; }

    /// <summary>ARN of the task; empty for a notice.</summary>
    public string TaskArn { get; init; } = "";

    /// <summary>Name of the container; null when it is about the task.</summary>
    public string? ContainerName { get; init; }

    /// <summary>The new status.</summary>
    public string Status { get; init; } = "";

    /// <summary>RUNNING or STOPPED of a task.</summary>
    public string? DesiredStatus { get; init; }

    /// <summary>Exit code of a container that ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Stop code of a task.</summary>
    public string? StopCode { get; init; }

    /// <summary>Why, where there is a reason.</summary>
    public string? Reason { get; init; }
}
