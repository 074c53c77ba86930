using System.Text.Json.Serialization;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>What CreateService takes.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html</remarks>
public sealed record CreateServiceRequest
{
    /// <summary>Name or ARN of the cluster. Default <c>default</c>.</summary>
    public string Cluster { get; init; } = "default";

    /// <summary>Up to 255 letters, digits, underscores and hyphens.</summary>
    public required string ServiceName { get; init; }

    /// <summary>Family (its newest revision), family:revision or ARN.</summary>
    public required string TaskDefinition { get; init; }

    /// <summary>Tasks to keep running.</summary>
    public int DesiredCount { get; init; }

    /// <summary>FARGATE; null when a capacity provider strategy says where tasks go.</summary>
    public string? LaunchType { get; init; } = "FARGATE";

    /// <summary>FARGATE and FARGATE_SPOT; empty when the launch type is given.</summary>
    public IReadOnlyList<CapacityProviderStrategyItem> CapacityProviderStrategy { get; init; } = [];

    /// <summary>LATEST (default) or 1.4.0.</summary>
    public string PlatformVersion { get; init; } = "LATEST";

    /// <summary>REPLICA.</summary>
    public string SchedulingStrategy { get; init; } = "REPLICA";

    /// <summary>Required for <c>awsvpc</c>.</summary>
    public NetworkConfiguration? NetworkConfiguration { get; init; }

    /// <summary>How deployments go.</summary>
    public DeploymentConfiguration? DeploymentConfiguration { get; init; }

    /// <summary>Who carries deployments out; ECS.</summary>
    public DeploymentController? DeploymentController { get; init; }

    /// <summary>ENABLED (default) or DISABLED.</summary>
    public string AvailabilityZoneRebalancing { get; init; } = "ENABLED";

    /// <summary>Seconds in which a load balancer's health checks do not count.</summary>
    public int? HealthCheckGracePeriodSeconds { get; init; }

    /// <summary>Whether tasks get the tags <c>aws:ecs:clusterName</c> and <c>aws:ecs:serviceName</c>.</summary>
    [JsonPropertyName("enableECSManagedTags")]
    public bool EnableEcsManagedTags { get; init; }

    /// <summary>TASK_DEFINITION, SERVICE or NONE (default): whose tags tasks get.</summary>
    public string PropagateTags { get; init; } = "NONE";

    /// <summary>Whether ExecuteCommand is allowed.</summary>
    public bool EnableExecuteCommand { get; init; }

    /// <summary>The volume that the task definition leaves to be configured, one for each task.</summary>
    public IReadOnlyList<ServiceVolumeConfiguration> VolumeConfigurations { get; init; } = [];

    /// <summary>Tags of the service.</summary>
    public IReadOnlyList<EcsTag> Tags { get; init; } = [];

    /// <summary>Makes repeats of the request answer the one service; up to 36 characters.</summary>
    public string? ClientToken { get; init; }
}

/// <summary>What UpdateService takes; null leaves as it is.</summary>
public sealed record UpdateServiceRequest
{
    /// <summary>Name or ARN of the cluster. Default <c>default</c>.</summary>
    public string Cluster { get; init; } = "default";

    /// <summary>Name or ARN of the service.</summary>
    public required string Service { get; init; }

    /// <summary>Tasks to keep running.</summary>
    public int? DesiredCount { get; init; }

    /// <summary>Family, family:revision or ARN; another one starts a deployment.</summary>
    public string? TaskDefinition { get; init; }

    /// <summary>Whether to replace all tasks though nothing changed.</summary>
    public bool ForceNewDeployment { get; init; }

    /// <summary>How deployments go.</summary>
    public DeploymentConfiguration? DeploymentConfiguration { get; init; }

    /// <summary>Who carries deployments out; ECS.</summary>
    public DeploymentController? DeploymentController { get; init; }

    /// <summary>Another volume starts a deployment; an empty list is none.</summary>
    public IReadOnlyList<ServiceVolumeConfiguration>? VolumeConfigurations { get; init; }

    /// <summary>Another network starts a deployment.</summary>
    public NetworkConfiguration? NetworkConfiguration { get; init; }

    /// <summary>Other capacity providers; they are for the tasks to come.</summary>
    public IReadOnlyList<CapacityProviderStrategyItem>? CapacityProviderStrategy { get; init; }

    /// <summary>LATEST or 1.4.0.</summary>
    public string? PlatformVersion { get; init; }

    /// <summary>ENABLED or DISABLED.</summary>
    public string? AvailabilityZoneRebalancing { get; init; }

    /// <summary>Seconds in which a load balancer's health checks do not count.</summary>
    public int? HealthCheckGracePeriodSeconds { get; init; }

    /// <summary>Whether tasks get the tags <c>aws:ecs:clusterName</c> and <c>aws:ecs:serviceName</c>.</summary>
    [JsonPropertyName("enableECSManagedTags")]
    public bool? EnableEcsManagedTags { get; init; }

    /// <summary>TASK_DEFINITION, SERVICE or NONE: whose tags tasks get.</summary>
    public string? PropagateTags { get; init; }

    /// <summary>Whether ExecuteCommand is allowed.</summary>
    public bool? EnableExecuteCommand { get; init; }
}

/// <summary>What DeleteService takes.</summary>
/// <param name="Service">Name or ARN of the service.</param>
/// <param name="Cluster">Name or ARN of the cluster.</param>
/// <param name="Force">Whether to delete a service that still wants tasks.</param>
public sealed record DeleteServiceRequest(string Service, string Cluster = "default", bool Force = false);

/// <summary>What DescribeServices answers.</summary>
public sealed record DescribeServicesResponse(IReadOnlyList<EcsService> Services, IReadOnlyList<EcsFailure> Failures);

/// <summary>What RunTask takes.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html</remarks>
public sealed record RunTaskRequest
{
    /// <summary>Name or ARN of the cluster. Default <c>default</c>.</summary>
    public string Cluster { get; init; } = "default";

    /// <summary>Family (its newest revision), family:revision or ARN.</summary>
    public required string TaskDefinition { get; init; }

    /// <summary>Tasks to start, 1 to 10. Default 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>FARGATE; null when a capacity provider strategy says where tasks go.</summary>
    public string? LaunchType { get; init; } = "FARGATE";

    /// <summary>FARGATE and FARGATE_SPOT; empty when the launch type is given.</summary>
    public IReadOnlyList<CapacityProviderStrategyItem> CapacityProviderStrategy { get; init; } = [];

    /// <summary>LATEST (default) or 1.4.0.</summary>
    public string PlatformVersion { get; init; } = "LATEST";

    /// <summary>What these tasks have other than the task definition.</summary>
    public TaskOverride? Overrides { get; init; }

    /// <summary>Required for <c>awsvpc</c>.</summary>
    public NetworkConfiguration? NetworkConfiguration { get; init; }

    /// <summary>Who asks; up to 128 characters.</summary>
    public string? StartedBy { get; init; }

    /// <summary>Group of the task; null for <c>family:NAME</c>.</summary>
    public string? Group { get; init; }

    /// <summary>Whether tasks get the tag <c>aws:ecs:clusterName</c>.</summary>
    [JsonPropertyName("enableECSManagedTags")]
    public bool EnableEcsManagedTags { get; init; }

    /// <summary>TASK_DEFINITION or NONE (default): whose tags tasks get besides their own.</summary>
    public string PropagateTags { get; init; } = "NONE";

    /// <summary>Whether ExecuteCommand is allowed.</summary>
    public bool EnableExecuteCommand { get; init; }

    /// <summary>The volume that the task definition leaves to be configured, one for each task.</summary>
    public IReadOnlyList<TaskVolumeConfiguration> VolumeConfigurations { get; init; } = [];

    /// <summary>Tags of the tasks.</summary>
    public IReadOnlyList<EcsTag> Tags { get; init; } = [];

    /// <summary>Makes repeats of the request answer the same tasks; up to 64 characters.</summary>
    public string? ClientToken { get; init; }
}

/// <summary>What RunTask answers.</summary>
public sealed record RunTaskResponse(IReadOnlyList<EcsTask> Tasks, IReadOnlyList<EcsFailure> Failures);

/// <summary>What DescribeTasks answers.</summary>
public sealed record DescribeTasksResponse(IReadOnlyList<EcsTask> Tasks, IReadOnlyList<EcsFailure> Failures);

/// <summary>What ListTasks takes; null is any.</summary>
public sealed record ListTasksRequest
{
    /// <summary>Name or ARN of the cluster. Default <c>default</c>.</summary>
    public string Cluster { get; init; } = "default";

    /// <summary>Family of the task definition.</summary>
    public string? Family { get; init; }

    /// <summary>What RunTask said, or the deployment of a service.</summary>
    public string? StartedBy { get; init; }

    /// <summary>Name or ARN of the service.</summary>
    public string? ServiceName { get; init; }

    /// <summary>RUNNING (default) or STOPPED.</summary>
    public string DesiredStatus { get; init; } = EcsTaskStatus.Running;

    /// <summary>FARGATE.</summary>
    public string? LaunchType { get; init; }
}

/// <summary>What ListTasks answers.</summary>
public sealed record ListTasksResponse(IReadOnlyList<string> TaskArns);

/// <summary>What UpdateTaskProtection takes.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateTaskProtection.html</remarks>
public sealed record UpdateTaskProtectionRequest
{
    /// <summary>Name or ARN of the cluster. Default <c>default</c>.</summary>
    public string Cluster { get; init; } = "default";

    /// <summary>Ids or ARNs of 1 to 10 tasks.</summary>
    public required IReadOnlyList<string> Tasks { get; init; }

    /// <summary>Whether to protect them or to let go of them.</summary>
    public required bool ProtectionEnabled { get; init; }

    /// <summary>Minutes until the protection ends by itself, 1 to 2880; null for 120.</summary>
    public int? ExpiresInMinutes { get; init; }
}

/// <summary>What UpdateTaskProtection and GetTaskProtection answer.</summary>
public sealed record TaskProtectionResponse(IReadOnlyList<ProtectedTask> ProtectedTasks, IReadOnlyList<EcsFailure> Failures);

/// <summary>Whether a task is protected from scale-in and deployments.</summary>
/// <param name="TaskArn">ARN of the task.</param>
/// <param name="ProtectionEnabled">Whether it is.</param>
/// <param name="ExpirationDate">When the protection ends by itself; null where there is none.</param>
public sealed record ProtectedTask(string TaskArn, bool ProtectionEnabled, DateTimeOffset? ExpirationDate);

/// <summary>Something asked for that is not there, or that cannot be.</summary>
/// <param name="Arn">What was asked for.</param>
/// <param name="Reason">MISSING, TASK_NOT_VALID or DEPLOYMENT_BLOCKED.</param>
/// <param name="Detail">More about the reason; null where there is none.</param>
public sealed record EcsFailure(string Arn, string Reason, string? Detail = null);
