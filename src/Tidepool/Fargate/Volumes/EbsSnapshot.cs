using Tidepool.Tasks;

namespace Tidepool.Fargate.Volumes;

/// <summary>An EBS volume on this machine, as the document beside its content says.</summary>
public sealed record EbsVolume
{
    /// <summary><c>vol-</c> and 17 hex digits.</summary>
    public required string VolumeId { get; init; }

    /// <summary>Size in GiB.</summary>
    public required int SizeGiB { get; init; }

    /// <summary>ext3, ext4 or xfs.</summary>
    public required string FileSystem { get; init; }

    /// <summary>Whether it is a disk image, of that size and with that file system; else a folder, which has neither.</summary>
    public required bool IsDisk { get; init; }

    /// <summary>Type of the volume, as in gp3.</summary>
    public required string VolumeType { get; init; }

    /// <summary>The snapshot that it was made from; null when it was empty.</summary>
    public string? SnapshotId { get; init; }

    /// <summary>ARN of the task that it was made for.</summary>
    public required string TaskArn { get; init; }

    /// <summary>Whether it goes with that task.</summary>
    public required bool DeleteOnTermination { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Folder of the environment whose task has it attached; null once it is detached.</summary>
    public string? Environment { get; init; }

    /// <summary>Tags.</summary>
    public IReadOnlyList<EcsTag> Tags { get; init; } = [];
}

/// <summary>A snapshot of an EBS volume on this machine, as the document beside its content says.</summary>
public sealed record EbsSnapshot
{
    /// <summary><c>snap-</c> and 17 hex digits.</summary>
    public required string SnapshotId { get; init; }

    /// <summary>The volume that it was taken of.</summary>
    public required string VolumeId { get; init; }

    /// <summary>Size of that volume in GiB; volumes made from it are at least as large.</summary>
    public required int SizeGiB { get; init; }

    /// <summary>ext3, ext4 or xfs; volumes made from it have the same.</summary>
    public required string FileSystem { get; init; }

    /// <summary>Whether its content is a disk image; else it is a folder.</summary>
    public required bool IsDisk { get; init; }

    /// <summary>What it was called; null for nothing.</summary>
    public string? Description { get; init; }

    /// <summary>When it was taken.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}
