namespace Tidepool.Storage;

/// <summary>A type of EBS volumes that Fargate takes, and what it can be.</summary>
/// <param name="Name">As ECS spells it.</param>
/// <param name="MinimumGiB">Smallest size.</param>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskManagedEBSVolumeConfiguration.html</remarks>
public sealed record EbsVolumeType(string Name, int MinimumGiB)
{
    /// <summary>Largest size of all types, in GiB.</summary>
    public const int MaximumGiB = 16384;

    /// <summary>Most throughput of a volume, in MiB/s.</summary>
    public const int MaximumThroughput = 1000;

    /// <summary>Every type but <c>standard</c>, which Fargate does not take.</summary>
    public static IReadOnlyList<EbsVolumeType> All { get; } =
    [
        new("gp2", 1),
        new("gp3", 1) { Iops = (3000, 16000), MostIopsOfGiB = 500, TakesThroughput = true },
        new("io1", 4) { Iops = (100, 64000), MostIopsOfGiB = 50, NeedsIops = true },
        new("io2", 4) { Iops = (100, 256000), MostIopsOfGiB = 1000, NeedsIops = true },
        new("st1", 125),
        new("sc1", 125),
    ];

    /// <summary>The type that a volume has when nothing says which: that of EC2's CreateVolume (inferred for ECS, whose field maps to it).</summary>
    public static string Default => "gp2";

    /// <summary>Fewest and most I/O operations a second that can be asked for; null where none can be.</summary>
    public (int Fewest, int Most)? Iops { get; init; }

    /// <summary>Whether they must be asked for.</summary>
    public bool NeedsIops { get; init; }

    /// <summary>Most I/O operations a second of each GiB.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html</remarks>
    public int MostIopsOfGiB { get; init; }

    /// <summary>Whether a throughput can be asked for.</summary>
    public bool TakesThroughput { get; init; }
}

/// <summary>Who may use an EBS volume in a task.</summary>
/// <remarks>
/// Stated by AWS: root owns the volume; where a container definition has a <c>user</c> that is not root, the group may write and that user
/// is put into it. Which group, its setgid bit and mode 0775 are what the ECS agent does on EC2; for Fargate they are inferred. That a user
/// whom only the image names is not put into it, is inferred too.
/// Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ebs-non-root-behavior.html and
/// https://github.com/aws/amazon-ecs-agent/pull/4757
/// </remarks>
public static class EbsVolumeOwner
{
    // Below the ids that Linux distributions keep for themselves, above those of most users.
    private const int FirstGroup = 30000;
    private const int Groups = 30000;

    private const UnixFileMode GroupWrites =
        UnixFileMode.SetGroup | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Whether a container definition's <c>user</c> gets the volume's group.</summary>
    public static bool IsGroupFor(string? user) => user?.Split(':')[0] is not (null or "" or "0" or "root");

    /// <summary>The group of a volume, always the same for its id: 30000 to 59999.</summary>
    public static int GroupOf(string volumeId) => FirstGroup + (int)(Convert.ToUInt64(volumeId[^8..], 16) % Groups);

    /// <summary>Owner and mode of a volume's root directory.</summary>
    /// <param name="volumeId">Its id.</param>
    /// <param name="users">The <c>user</c> of each container that mounts it.</param>
    public static DirectoryOwner Of(string volumeId, IEnumerable<string?> users) =>
        users.Any(IsGroupFor) ? new(0, GroupOf(volumeId), GroupWrites) : BindVolume.Default;
}
