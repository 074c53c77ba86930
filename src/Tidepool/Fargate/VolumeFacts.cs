namespace Tidepool.Fargate;

/// <summary>What a volume of a task is on this machine: the proof that two volumes are one, or not.</summary>
public sealed record VolumeFacts
{
    /// <summary>Name in the task definition.</summary>
    public required string Name { get; init; }

    /// <summary>The directory on this machine.</summary>
    public required string HostPath { get; init; }

    /// <summary>Device of the directory, <c>major:minor</c>.</summary>
    public required string Device { get; init; }

    /// <summary>
    /// Inode of the directory. Where each task has a file system of its own, volumes of two tasks often have the same, on another device;
    /// and once a task is gone, another may get both. <see cref="BornAt"/> tells them apart then.
    /// </summary>
    public required ulong Inode { get; init; }

    /// <summary>When the directory was made; null where the file system does not record it.</summary>
    public DateTimeOffset? BornAt { get; init; }

    /// <summary>Owner, as containers see it.</summary>
    public required int Uid { get; init; }

    /// <summary>Group, as containers see it.</summary>
    public required int Gid { get; init; }

    /// <summary>Permissions.</summary>
    public required UnixFileMode Mode { get; init; }

    /// <summary>Whether a container's user is held to owner and mode as on Fargate.</summary>
    public required bool OwnersEnforced { get; init; }

    /// <summary>Whether the volume went with its task.</summary>
    public bool Removed { get; init; }
}

/// <summary>What containers run in here, and what that leaves out.</summary>
public sealed record RuntimeFacts
{
    /// <summary>Name of the runtime: <c>sandbox</c> or <c>docker</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>root</c>, <c>rootless</c> (own uids from /etc/subuid) or <c>single-uid</c>; of an engine its version.</summary>
    public required string Mode { get; init; }

    /// <summary>Whether owners and modes of volumes hold containers back as on Fargate.</summary>
    public required bool OwnersEnforced { get; init; }

    /// <summary>Whether the size of a task's disk is a limit as on Fargate.</summary>
    public bool DiskLimited { get; init; }

    /// <summary>What Fargate does and this runtime does not, one sentence each.</summary>
    public required IReadOnlyList<string> NotExercised { get; init; }
}
