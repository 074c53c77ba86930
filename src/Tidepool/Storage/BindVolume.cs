namespace Tidepool.Storage;

/// <summary>A <c>VOLUME</c> of an image: where it is, and whom its directory belongs to there.</summary>
/// <param name="Path">Absolute path in the image.</param>
/// <param name="Uid">Owner of the directory.</param>
/// <param name="Gid">Group of the directory.</param>
/// <param name="Mode">Permissions of the directory.</param>
public sealed record ImageVolume(string Path, int Uid, int Gid, UnixFileMode Mode);

/// <summary>Owner and mode of a directory.</summary>
public sealed record DirectoryOwner(int Uid, int Gid, UnixFileMode Mode);

/// <summary>The rules of a bind mount volume on Fargate.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html</remarks>
public static class BindVolume
{
    /// <summary>What Fargate gives a volume that no image describes: root:root 0755.</summary>
    public static DirectoryOwner Default { get; } = new(0, 0, Mode0755);

    private const UnixFileMode Mode0755 =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Owner and mode of a fresh volume: those of an image's VOLUME at exactly the mount's path, else <see cref="Default"/>.</summary>
    /// <remarks>Which of two images wins is not stated by AWS; here the first in start order does (inferred).</remarks>
    /// <param name="mounts">Where containers mount the volume, in start order, each with the VOLUMEs of the container's image.</param>
    public static DirectoryOwner OwnerOf(IEnumerable<(string ContainerPath, IReadOnlyList<ImageVolume> ImageVolumes)> mounts) =>
        mounts.SelectMany(mount => mount.ImageVolumes.Where(volume => volume.Path == mount.ContainerPath))
            .Select(volume => new DirectoryOwner(volume.Uid, volume.Gid, volume.Mode))
            .FirstOrDefault(Default);
}
