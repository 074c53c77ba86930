using System.Text.Json.Serialization;
using Tidepool.Tasks;

namespace Tidepool.Deployment.Aws;

/// <summary>An ECS cluster.</summary>
/// <param name="Status">ACTIVE, PROVISIONING, DEPROVISIONING, FAILED or INACTIVE.</param>
public sealed record EcsCluster(
    string ClusterArn, string ClusterName, string Status, int RunningTasksCount, int PendingTasksCount, int ActiveServicesCount);

/// <summary>An ECS service.</summary>
/// <param name="Status">ACTIVE, DRAINING or INACTIVE.</param>
/// <param name="TaskDefinition">The revision's ARN.</param>
/// <param name="Events">The newest 100, newest first.</param>
public sealed record EcsService(
    string ServiceArn,
    string ServiceName,
    string ClusterArn,
    string Status,
    int DesiredCount,
    int RunningCount,
    int PendingCount,
    string TaskDefinition,
    IReadOnlyList<EcsDeployment>? Deployments,
    IReadOnlyList<EcsServiceEvent>? Events)
{
    /// <summary>Where its tasks are.</summary>
    public EcsNetworkConfiguration? NetworkConfiguration { get; init; }
}

/// <summary>Where tasks are.</summary>
public sealed record EcsNetworkConfiguration(EcsAwsvpcConfiguration? AwsvpcConfiguration);

/// <summary>The network of tasks.</summary>
/// <param name="AssignPublicIp">ENABLED or DISABLED.</param>
public sealed record EcsAwsvpcConfiguration(IReadOnlyList<string>? Subnets, IReadOnlyList<string>? SecurityGroups, string? AssignPublicIp);

/// <summary>One deployment of a service.</summary>
/// <param name="Status">PRIMARY, ACTIVE or INACTIVE.</param>
/// <param name="RolloutState">IN_PROGRESS, COMPLETED or FAILED.</param>
public sealed record EcsDeployment(
    string Id,
    string Status,
    string TaskDefinition,
    int DesiredCount,
    int RunningCount,
    int PendingCount,
    int FailedTasks,
    string? RolloutState,
    string? RolloutStateReason,
    DateTimeOffset? CreatedAt,
    DateTimeOffset? UpdatedAt)
{
    /// <summary>EBS volumes of its tasks.</summary>
    public IReadOnlyList<EcsVolumeConfiguration>? VolumeConfigurations { get; init; }
}

/// <summary>A volume that is configured at launch.</summary>
public sealed record EcsVolumeConfiguration(string Name, [property: JsonPropertyName("managedEBSVolume")] EcsManagedVolume? ManagedVolume);

/// <summary>An EBS volume that ECS makes.</summary>
public sealed record EcsManagedVolume(string? RoleArn);

/// <summary>One line of a service's history.</summary>
public sealed record EcsServiceEvent(string Id, DateTimeOffset? CreatedAt, string Message);

/// <summary>An ECS task; stopped ones stay in answers for about an hour.</summary>
/// <param name="LastStatus">PROVISIONING, PENDING, ACTIVATING, RUNNING, DEACTIVATING, STOPPING, DEPROVISIONING or STOPPED.</param>
/// <param name="StopCode">TaskFailedToStart, EssentialContainerExited, UserInitiated, ServiceSchedulerInitiated, SpotInterruption, …</param>
public sealed record EcsTask(
    string TaskArn,
    string TaskDefinitionArn,
    string LastStatus,
    string DesiredStatus,
    string? StopCode,
    string? StoppedReason,
    string? Group,
    DateTimeOffset? CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? StoppedAt,
    IReadOnlyList<EcsContainer>? Containers)
{
    /// <summary>When it began to stop.</summary>
    public DateTimeOffset? StoppingAt { get; init; }

    /// <summary>When its last container ended.</summary>
    public DateTimeOffset? ExecutionStoppedAt { get; init; }

    /// <summary>Network interfaces and EBS volumes.</summary>
    public IReadOnlyList<EcsAttachment>? Attachments { get; init; }

    /// <summary>The last part of the ARN.</summary>
    public string TaskId => TaskArn[(TaskArn.LastIndexOf('/') + 1)..];
}

/// <summary>A container of a task.</summary>
public sealed record EcsContainer(string Name, string? LastStatus, int? ExitCode, string? Reason, string? Image);

/// <summary>Something attached to a task.</summary>
/// <param name="Type">ElasticNetworkInterface or AmazonElasticBlockStorage.</param>
/// <param name="Status">PRECREATED, CREATED, ATTACHING, ATTACHED, DETACHING, DETACHED, DELETED or FAILED.</param>
/// <param name="Details">By name, as in <c>volumeId</c>.</param>
public sealed record EcsAttachment(string? Id, string Type, string? Status, IReadOnlyList<EcsDetail>? Details);

/// <summary>A named value.</summary>
public sealed record EcsDetail(string Name, string? Value);

/// <summary>A task definition's revision, as far as Tidepool reads it.</summary>
public sealed record EcsTaskDefinition(
    string TaskDefinitionArn, string Family, int Revision, string Status, IReadOnlyList<EcsContainerDefinition> ContainerDefinitions)
{
    public string? ExecutionRoleArn { get; init; }

    public string? TaskRoleArn { get; init; }

    public RuntimePlatform? RuntimePlatform { get; init; }

    public IReadOnlyList<TaskVolume>? Volumes { get; init; }
}

/// <summary>A container definition, as far as Tidepool reads it.</summary>
public sealed record EcsContainerDefinition(string Name, string Image, EcsLogConfiguration? LogConfiguration);

/// <summary>Where a container's output goes.</summary>
public sealed record EcsLogConfiguration(string LogDriver, IReadOnlyDictionary<string, string>? Options);

/// <summary>What should change of a service; null leaves a value as it is.</summary>
public sealed record ServiceUpdate
{
    /// <summary>Tasks to keep running.</summary>
    public int? DesiredCount { get; init; }

    /// <summary>Replace the tasks though nothing changed, for example to read a new secret.</summary>
    public bool ForceNewDeployment { get; init; }

    /// <summary>Family, <c>family:revision</c> or ARN.</summary>
    public string? TaskDefinition { get; init; }
}
