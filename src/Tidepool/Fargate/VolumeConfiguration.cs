using System.Text.Json.Serialization;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>What RunTask says of a volume that the task definition leaves to be configured at launch.</summary>
/// <param name="Name">Name of the volume in the task definition.</param>
/// <param name="ManagedEbsVolume">The EBS volume that each task gets.</param>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskVolumeConfiguration.html</remarks>
public sealed record TaskVolumeConfiguration(
    string Name, [property: JsonPropertyName("managedEBSVolume")] TaskManagedEbsVolume? ManagedEbsVolume = null);

/// <summary>What a service says of a volume that the task definition leaves to be configured at launch.</summary>
/// <param name="Name">Name of the volume in the task definition.</param>
/// <param name="ManagedEbsVolume">The EBS volume that each task gets, and loses with its end.</param>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceVolumeConfiguration.html</remarks>
public sealed record ServiceVolumeConfiguration(
    string Name, [property: JsonPropertyName("managedEBSVolume")] ManagedEbsVolume? ManagedEbsVolume = null);

/// <summary>An EBS volume that ECS makes for a task.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceManagedEBSVolumeConfiguration.html</remarks>
public record ManagedEbsVolume
{
    /// <summary>ARN of the role by which ECS makes and attaches it.</summary>
    public required string RoleArn { get; init; }

    /// <summary>Size; null for that of the snapshot.</summary>
    public int? SizeInGiB { get; init; }

    /// <summary>The snapshot that it is made from; null for an empty volume.</summary>
    public string? SnapshotId { get; init; }

    /// <summary>gp2, gp3, io1, io2, st1 or sc1.</summary>
    public string? VolumeType { get; init; }

    /// <summary>ext3, ext4 or xfs (default).</summary>
    public string? FilesystemType { get; init; }

    /// <summary>I/O operations a second.</summary>
    public int? Iops { get; init; }

    /// <summary>MiB a second.</summary>
    public int? Throughput { get; init; }

    /// <summary>MiB a second at which a snapshot is loaded.</summary>
    public int? VolumeInitializationRate { get; init; }

    /// <summary>Echoed: nothing is encrypted here.</summary>
    public bool? Encrypted { get; init; }

    /// <summary>Echoed: nothing is encrypted here.</summary>
    public string? KmsKeyId { get; init; }

    /// <summary>Tags of the volume; null for none.</summary>
    public IReadOnlyList<EbsTagSpecification>? TagSpecifications { get; init; }
}

/// <summary>The same for a task of RunTask, which may leave the volume.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskManagedEBSVolumeConfiguration.html</remarks>
public sealed record TaskManagedEbsVolume : ManagedEbsVolume
{
    /// <summary>Whether the volume goes with the task; null for yes.</summary>
    public EbsTerminationPolicy? TerminationPolicy { get; init; }
}

/// <summary>Whether a volume goes with its task.</summary>
/// <param name="DeleteOnTermination">Whether it does.</param>
public sealed record EbsTerminationPolicy(bool DeleteOnTermination);

/// <summary>Tags of an EBS volume.</summary>
/// <param name="ResourceType">Always <c>volume</c>.</param>
/// <param name="Tags">Tags of its own; null for none.</param>
/// <param name="PropagateTags">TASK_DEFINITION, SERVICE or NONE: whose tags it gets besides. Null for none.</param>
public sealed record EbsTagSpecification(string ResourceType, IReadOnlyList<EcsTag>? Tags = null, string? PropagateTags = null);
