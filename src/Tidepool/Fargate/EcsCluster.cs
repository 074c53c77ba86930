using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>A cluster, as DescribeClusters answers it.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html</remarks>
public sealed record EcsCluster
{
    /// <summary>Full ARN.</summary>
    public required string ClusterArn { get; init; }

    /// <summary>Up to 255 letters, digits, underscores and hyphens.</summary>
    public required string ClusterName { get; init; }

    /// <summary>ACTIVE, or INACTIVE once it was deleted.</summary>
    public string Status { get; init; } = "ACTIVE";

    /// <summary>Always 0: Fargate has no container instances.</summary>
    public int RegisteredContainerInstancesCount { get; init; }

    /// <summary>Tasks that are RUNNING.</summary>
    public int RunningTasksCount { get; init; }

    /// <summary>Tasks that are on their way to RUNNING.</summary>
    public int PendingTasksCount { get; init; }

    /// <summary>Services that are ACTIVE.</summary>
    public int ActiveServicesCount { get; init; }

    /// <summary>Always empty.</summary>
    public IReadOnlyList<EcsKeyValue> Statistics { get; init; } = [];

    /// <summary>Tags; null when they were not asked for.</summary>
    public IReadOnlyList<EcsTag>? Tags { get; init; } = [];

    /// <summary>Settings, <c>containerInsights</c>; echoed. Null when they were not asked for.</summary>
    public IReadOnlyList<ClusterSetting>? Settings { get; init; } = [new("containerInsights", "disabled")];

    /// <summary>ExecuteCommand and storage settings; echoed. Null when there are none or they were not asked for.</summary>
    public ClusterConfiguration? Configuration { get; init; }

    /// <summary>FARGATE and FARGATE_SPOT, as far as they were added.</summary>
    public IReadOnlyList<string> CapacityProviders { get; init; } = [];

    /// <summary>Where tasks go that say nothing of it.</summary>
    public IReadOnlyList<CapacityProviderStrategyItem> DefaultCapacityProviderStrategy { get; init; } = [];
}

/// <summary>A setting of a cluster.</summary>
/// <param name="Name"><c>containerInsights</c>.</param>
/// <param name="Value"><c>enabled</c>, <c>enhanced</c> or <c>disabled</c>.</param>
public sealed record ClusterSetting(string? Name = null, string? Value = null);

/// <summary>ExecuteCommand and storage settings of a cluster; the local Fargate does nothing with them.</summary>
public sealed record ClusterConfiguration(
    ExecuteCommandConfiguration? ExecuteCommandConfiguration = null, ManagedStorageConfiguration? ManagedStorageConfiguration = null);

/// <summary>How ExecuteCommand sessions are logged.</summary>
public sealed record ExecuteCommandConfiguration(
    string? KmsKeyId = null, string? Logging = null, ExecuteCommandLogConfiguration? LogConfiguration = null);

/// <summary>Where ExecuteCommand sessions are logged.</summary>
public sealed record ExecuteCommandLogConfiguration(
    string? CloudWatchLogGroupName = null,
    bool CloudWatchEncryptionEnabled = false,
    string? S3BucketName = null,
    bool S3EncryptionEnabled = false,
    string? S3KeyPrefix = null);

/// <summary>Keys of the disks.</summary>
public sealed record ManagedStorageConfiguration(string? KmsKeyId = null, string? FargateEphemeralStorageKmsKeyId = null);

/// <summary>A part of the tasks and where they go.</summary>
/// <param name="CapacityProvider">FARGATE or FARGATE_SPOT.</param>
/// <param name="Weight">Its share, 0 to 1000. Default 0.</param>
/// <param name="Base">Tasks that go there first, 0 to 100000. Default 0.</param>
public sealed record CapacityProviderStrategyItem(string CapacityProvider, int Weight = 0, int Base = 0);

/// <summary>What CreateCluster takes.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html</remarks>
public sealed record CreateClusterRequest
{
    /// <summary>Up to 255 letters, digits, underscores and hyphens. Default <c>default</c>.</summary>
    public string ClusterName { get; init; } = "default";

    /// <summary>Tags.</summary>
    public IReadOnlyList<EcsTag> Tags { get; init; } = [];

    /// <summary>Settings.</summary>
    public IReadOnlyList<ClusterSetting> Settings { get; init; } = [];

    /// <summary>ExecuteCommand and storage settings.</summary>
    public ClusterConfiguration? Configuration { get; init; }

    /// <summary>FARGATE and FARGATE_SPOT.</summary>
    public IReadOnlyList<string> CapacityProviders { get; init; } = [];

    /// <summary>Where tasks go that say nothing of it.</summary>
    public IReadOnlyList<CapacityProviderStrategyItem> DefaultCapacityProviderStrategy { get; init; } = [];
}

/// <summary>What UpdateCluster takes; null leaves as it is.</summary>
/// <param name="Cluster">Name or ARN of the cluster.</param>
/// <param name="Settings">Settings.</param>
/// <param name="Configuration">ExecuteCommand and storage settings.</param>
public sealed record UpdateClusterRequest(
    string Cluster, IReadOnlyList<ClusterSetting>? Settings = null, ClusterConfiguration? Configuration = null);

/// <summary>What PutClusterCapacityProviders takes.</summary>
/// <param name="Cluster">Name or ARN of the cluster.</param>
/// <param name="CapacityProviders">FARGATE and FARGATE_SPOT.</param>
/// <param name="DefaultCapacityProviderStrategy">Where tasks go that say nothing of it.</param>
public sealed record PutClusterCapacityProvidersRequest(
    string Cluster, IReadOnlyList<string> CapacityProviders, IReadOnlyList<CapacityProviderStrategyItem> DefaultCapacityProviderStrategy);

/// <summary>What DescribeClusters answers.</summary>
public sealed record DescribeClustersResponse(IReadOnlyList<EcsCluster> Clusters, IReadOnlyList<EcsFailure> Failures);
