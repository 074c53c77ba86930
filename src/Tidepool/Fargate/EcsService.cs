using System.Text.Json.Serialization;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>A service, as DescribeServices answers it.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html</remarks>
public sealed record EcsService
{
    /// <summary>Full ARN.</summary>
    public required string ServiceArn { get; init; }

    /// <summary>Name, unique in the cluster.</summary>
    public required string ServiceName { get; init; }

    /// <summary>ARN of the cluster.</summary>
    public required string ClusterArn { get; init; }

    /// <summary>ACTIVE, DRAINING or INACTIVE.</summary>
    public string Status { get; init; } = "ACTIVE";

    /// <summary>Tasks that the service wants.</summary>
    public int DesiredCount { get; init; }

    /// <summary>Tasks that run.</summary>
    public int RunningCount { get; init; }

    /// <summary>Tasks that start.</summary>
    public int PendingCount { get; init; }

    /// <summary>ARN of the task definition of the primary deployment.</summary>
    public required string TaskDefinition { get; init; }

    /// <summary>FARGATE; null when a capacity provider strategy says where tasks go.</summary>
    public string? LaunchType { get; init; } = "FARGATE";

    /// <summary>Capacity providers of the tasks; null when the launch type is given.</summary>
    public IReadOnlyList<CapacityProviderStrategyItem>? CapacityProviderStrategy { get; init; }

    /// <summary>Always REPLICA; Fargate has no other.</summary>
    public string SchedulingStrategy { get; init; } = "REPLICA";

    /// <summary>LATEST (default) or 1.4.0, which are the same.</summary>
    public string PlatformVersion { get; init; } = "LATEST";

    /// <summary>Always Linux.</summary>
    public string PlatformFamily { get; init; } = "Linux";

    /// <summary>How many tasks a deployment may have too few and too many.</summary>
    public DeploymentConfiguration DeploymentConfiguration { get; init; } = new();

    /// <summary>Network of the tasks.</summary>
    public NetworkConfiguration? NetworkConfiguration { get; init; }

    /// <summary>The primary deployment, and older ones that still have tasks.</summary>
    public IReadOnlyList<EcsDeployment> Deployments { get; init; } = [];

    /// <summary>What happened, newest first; 100 at most.</summary>
    public IReadOnlyList<EcsServiceEvent> Events { get; init; } = [];

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Always empty: there is no load balancer.</summary>
    public IReadOnlyList<string> LoadBalancers { get; init; } = [];

    /// <summary>Always empty: there is no service discovery.</summary>
    public IReadOnlyList<string> ServiceRegistries { get; init; } = [];

    /// <summary>Always empty: Fargate takes none.</summary>
    public IReadOnlyList<string> PlacementConstraints { get; init; } = [];

    /// <summary>Always empty: Fargate takes none.</summary>
    public IReadOnlyList<string> PlacementStrategy { get; init; } = [];

    /// <summary>Echoed; without a load balancer it means nothing.</summary>
    public int? HealthCheckGracePeriodSeconds { get; init; }

    /// <summary>Always ECS: rolling updates.</summary>
    public DeploymentController DeploymentController { get; init; } = new();

    /// <summary>ENABLED (default) or DISABLED; echoed, there is one zone.</summary>
    public string AvailabilityZoneRebalancing { get; init; } = "ENABLED";

    /// <summary>Whether tasks get the tags <c>aws:ecs:clusterName</c> and <c>aws:ecs:serviceName</c>.</summary>
    [JsonPropertyName("enableECSManagedTags")]
    public bool EnableEcsManagedTags { get; init; }

    /// <summary>TASK_DEFINITION, SERVICE or NONE (default): whose tags tasks get.</summary>
    public string PropagateTags { get; init; } = "NONE";

    /// <summary>Echoed; ExecuteCommand is not offered.</summary>
    public bool EnableExecuteCommand { get; init; }

    /// <summary>Tags; null when they were not asked for.</summary>
    public IReadOnlyList<EcsTag>? Tags { get; init; } = [];
}

/// <summary>Who carries deployments out.</summary>
/// <param name="Type">Always ECS.</param>
public sealed record DeploymentController(string Type = "ECS");

/// <summary>One task definition on its way into a service.</summary>
public sealed record EcsDeployment
{
    /// <summary><c>ecs-svc/</c> and 19 digits; its tasks carry it as <c>startedBy</c>.</summary>
    public required string Id { get; init; }

    /// <summary>PRIMARY, or ACTIVE while tasks of an older one are left, or while the service goes back from it.</summary>
    public string Status { get; init; } = "PRIMARY";

    /// <summary>ARN of the task definition.</summary>
    public required string TaskDefinition { get; init; }

    /// <summary>Tasks that the deployment wants.</summary>
    public int DesiredCount { get; init; }

    /// <summary>Its tasks that run.</summary>
    public int RunningCount { get; init; }

    /// <summary>Its tasks that start.</summary>
    public int PendingCount { get; init; }

    /// <summary>Tasks in a row that failed before they were healthy, until it is completed.</summary>
    public int FailedTasks { get; init; }

    /// <summary>One of <see cref="EcsRolloutState"/>.</summary>
    public string RolloutState { get; init; } = EcsRolloutState.InProgress;

    /// <summary>The volume that each of its tasks gets; null when there is none.</summary>
    public IReadOnlyList<ServiceVolumeConfiguration>? VolumeConfigurations { get; init; }

    /// <summary>Why it is so, as ECS words it.</summary>
    public string? RolloutStateReason { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it changed last.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>As in the service.</summary>
    public string? LaunchType { get; init; } = "FARGATE";

    /// <summary>As in the service.</summary>
    public IReadOnlyList<CapacityProviderStrategyItem>? CapacityProviderStrategy { get; init; }

    /// <summary>Always 1.4.0.</summary>
    public string PlatformVersion { get; init; } = "1.4.0";

    /// <summary>Always Linux.</summary>
    public string PlatformFamily { get; init; } = "Linux";

    /// <summary>Network of the tasks.</summary>
    public NetworkConfiguration? NetworkConfiguration { get; init; }
}

/// <summary>The words of a deployment's <c>rolloutState</c>.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html</remarks>
public static class EcsRolloutState
{
    /// <summary>Tasks are being replaced.</summary>
    public const string InProgress = "IN_PROGRESS";

    /// <summary>The service has reached a steady state.</summary>
    public const string Completed = "COMPLETED";

    /// <summary>The circuit breaker has given it up; it starts no tasks any more.</summary>
    public const string Failed = "FAILED";
}

/// <summary>Something that happened to a service.</summary>
public sealed record EcsServiceEvent(string Id, DateTimeOffset CreatedAt, string Message);

/// <summary>How many tasks a deployment may have too few and too many.</summary>
/// <param name="MinimumHealthyPercent">Healthy tasks that must stay, of the desired count, rounded up. Default 100.</param>
/// <param name="MaximumPercent">Tasks that may be at once, of the desired count, rounded down. Default 200.</param>
/// <param name="DeploymentCircuitBreaker">When a deployment is given up; null for never.</param>
/// <param name="Strategy">ROLLING (default).</param>
/// <param name="BakeTimeInMinutes">Echoed; rolling updates do not bake.</param>
public sealed record DeploymentConfiguration(
    int MinimumHealthyPercent = 100,
    int MaximumPercent = 200,
    DeploymentCircuitBreaker? DeploymentCircuitBreaker = null,
    string Strategy = "ROLLING",
    int? BakeTimeInMinutes = null);

/// <summary>Whether a deployment whose tasks fail is given up.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentCircuitBreaker.html</remarks>
/// <param name="Enable">Whether it is.</param>
/// <param name="Rollback">Whether the service then goes back to the last one that was completed.</param>
/// <param name="ResetOnHealthyTask">Whether a task that becomes healthy sets the count of failures back; null for yes.</param>
/// <param name="ThresholdConfiguration">How many failures it takes; null for half of the desired count, but 3 to 200.</param>
public sealed record DeploymentCircuitBreaker(
    bool Enable = false, bool Rollback = false, bool? ResetOnHealthyTask = null, FailureThreshold? ThresholdConfiguration = null);

/// <summary>How many failed tasks a deployment may have.</summary>
/// <param name="Type">COUNT, BOUNDED_PERCENT (of the desired count, 3 to 200) or UNBOUNDED_PERCENT.</param>
/// <param name="Value">The count, or the percentage.</param>
public sealed record FailureThreshold(string Type, int Value);

/// <summary>Network of a task.</summary>
public sealed record NetworkConfiguration(AwsvpcConfiguration? AwsvpcConfiguration = null);

/// <summary>Subnets and security groups of a task's network interface.</summary>
/// <param name="Subnets">1 to 16 subnets.</param>
/// <param name="SecurityGroups">Up to 5 security groups.</param>
/// <param name="AssignPublicIp">ENABLED or DISABLED (default).</param>
public sealed record AwsvpcConfiguration(
    IReadOnlyList<string> Subnets, IReadOnlyList<string>? SecurityGroups = null, string? AssignPublicIp = null);
