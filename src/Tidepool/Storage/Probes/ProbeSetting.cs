using Tidepool.Tasks;

namespace Tidepool.Storage.Probes;

/// <summary>Where probes run, with what, and what is known of it.</summary>
public sealed record ProbeSetting
{
    /// <summary>Key of the snapshot that was taken for all probes.</summary>
    public const string PreparedSnapshot = "prepared";

    /// <summary>Id of the verification: all that it makes has it in its name.</summary>
    public required string Id { get; init; }

    /// <summary>The image of all containers; it needs a POSIX shell and coreutils or busybox.</summary>
    public required string Image { get; init; }

    /// <summary>A path that is a VOLUME of the image; null for none.</summary>
    public string? ImageVolume { get; init; }

    /// <summary>ARN of the role that may write logs.</summary>
    public required string ExecutionRoleArn { get; init; }

    /// <summary>ARN of the tasks' role, which EFS with IAM asks for; null for none.</summary>
    public string? TaskRoleArn { get; init; }

    /// <summary>X86_64 or ARM64; null for the default.</summary>
    public string? CpuArchitecture { get; init; }

    /// <summary>Log group of all containers.</summary>
    public required string LogGroup { get; init; }

    public required string Region { get; init; }

    /// <summary>
    /// How long a container must have run to be restarted in place, in seconds. 60 is the least on AWS; a local environment scales it.
    /// </summary>
    public int RestartAttemptSeconds { get; init; } = 60;

    /// <summary>What the image has, once it was looked at.</summary>
    public ImageFacts Facts { get; init; } = ImageFacts.Unknown;

    /// <summary>Why the size of a task's disk is no limit here; null where it is one.</summary>
    public string? DiskNotLimited { get; init; }

    /// <summary>ARN of the role with which ECS makes EBS volumes; null where none is known.</summary>
    public string? InfrastructureRoleArn { get; init; }

    /// <summary>Why no snapshot can be taken; null where one can.</summary>
    public string? NoSnapshots { get; init; }

    /// <summary>A snapshot that was taken for all probes, which know it as <see cref="PreparedSnapshot"/>; null for none.</summary>
    public ProbeSnapshot? Snapshot { get; init; }

    /// <summary>Why EBS volumes cannot be had here at all; null where they can.</summary>
    public string? NoEbs { get; init; }

    /// <summary>An EFS file system, as a task definition names it; null where none is known.</summary>
    public EfsVolume? FileSystem { get; init; }

    /// <summary>Whether the file system goes with the verification.</summary>
    public bool IsFileSystemOwn { get; init; }

    /// <summary>How long a metric of the task's disk may lag behind, in seconds. AWS states nothing; the default is a guess with room.</summary>
    public int MeasureSeconds { get; init; } = 90;

    /// <summary>A file system as a task definition names it.</summary>
    public static EfsVolume FileSystemOf(string id, string? accessPoint) =>
        new(id, TransitEncryption: "ENABLED", AuthorizationConfig: accessPoint is null ? null : new(accessPoint));
}

/// <summary>A snapshot of a volume that holds one file.</summary>
/// <param name="Id">The snapshot's id.</param>
/// <param name="Sum">The file's checksum and size, as cksum prints them.</param>
public sealed record ProbeSnapshot(string Id, string Sum);

/// <summary>What an image has, as containers of it without a mount saw it.</summary>
/// <param name="Uid">Its user.</param>
/// <param name="VolumeOwner">Owner and mode of the directory that is a VOLUME, as in <c>1000:1000 755</c>; null where it is not there.</param>
/// <param name="VolumeEntries">How many files and directories are in it.</param>
/// <param name="VolumeSum">Checksum over names, owners, modes and content of all of them.</param>
/// <param name="ContentPath">A directory that holds something and is no VOLUME.</param>
/// <param name="ContentName">Something that it holds.</param>
/// <param name="RootMayChown">Whether root of a container can give files away: where not, owners mean nothing.</param>
public sealed record ImageFacts(
    string? Uid, string? VolumeOwner, int VolumeEntries, string? VolumeSum, string? ContentPath, string? ContentName, bool RootMayChown)
{
    public static ImageFacts Unknown { get; } = new(null, null, 0, null, null, null, false);
}
