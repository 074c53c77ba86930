namespace Tidepool.Fargate;

/// <summary>A service's task, as far as the service looks at it.</summary>
/// <param name="TaskArn">Its ARN.</param>
/// <param name="DeploymentId">The deployment that started it.</param>
/// <param name="IsWanted">Whether it is not to stop.</param>
/// <param name="RunningSince">When it became RUNNING; null when it is not.</param>
/// <param name="ProtectedUntil">Until when the service may not stop it; null when it may.</param>
/// <param name="Health">What its essential containers' health checks tell, one of <see cref="EcsHealthStatus"/>; null without any.</param>
internal sealed record ServiceTask(
    string TaskArn, string DeploymentId, bool IsWanted, DateTimeOffset? RunningSince, DateTimeOffset? ProtectedUntil = null, string? Health = null)
{
    /// <summary>Whether the service has to replace it.</summary>
    public bool IsUnhealthy => Health is EcsHealthStatus.Unhealthy;

    /// <summary>The task as its service sees it.</summary>
    public static ServiceTask Of(TaskLife life) => new(
        life.Task.TaskArn,
        life.Task.StartedBy ?? "",
        life.IsWanted,
        life.Task.LastStatus is EcsTaskStatus.Running ? life.Task.StartedAt : null,
        life.ProtectedUntil,
        life.CheckedHealth);

    /// <summary>Whether it counts: it has run for a while, or where there are health checks, they say so.</summary>
    public bool IsHealthy(DateTimeOffset now, FargateTimes times) => Health is null ? now >= HealthyAt(times) : RunningSince is not null && Health is EcsHealthStatus.Healthy;

    /// <summary>When it counts by time alone; null when it takes more than that.</summary>
    public DateTimeOffset? HealthyAt(FargateTimes times) => Health is null ? RunningSince + times.HealthyAfter : null;
}

/// <summary>A service at one instant.</summary>
internal sealed record ServiceSnapshot
{
    public required int DesiredCount { get; init; }

    public required string PrimaryDeploymentId { get; init; }

    /// <summary>Whether the primary deployment has failed: it starts no tasks any more.</summary>
    public bool IsFailed { get; init; }

    public required DeploymentConfiguration Deployment { get; init; }

    /// <summary>No task is started before: the service is throttled.</summary>
    public DateTimeOffset StartNotBefore { get; init; }

    /// <summary>Tasks that are not stopped, oldest first.</summary>
    public required IReadOnlyList<ServiceTask> Tasks { get; init; }
}

/// <summary>What a service does now.</summary>
internal sealed record ServicePlan
{
    /// <summary>Tasks to start in the primary deployment.</summary>
    public required int Start { get; init; }

    /// <summary>How many of those stand for unhealthy ones.</summary>
    public required int Replacements { get; init; }

    /// <summary>ARNs of tasks to stop.</summary>
    public required IReadOnlyList<string> Stop { get; init; }

    /// <summary>ARNs of tasks to stop because their health checks have failed.</summary>
    public required IReadOnlyList<string> Unhealthy { get; init; }

    /// <summary>ARNs of tasks that it would stop, were they not protected.</summary>
    public required IReadOnlyList<string> Spared { get; init; }

    /// <summary>When to look again though nothing happens; null for never.</summary>
    public required DateTimeOffset? WakeAt { get; init; }
}
