using Tidepool.Storage;

namespace Tidepool.Fargate.Runtimes;

/// <summary>A directory to make for a task.</summary>
internal sealed record TaskDirectory(string Path, DirectoryOwner Owner);

/// <summary>The folders that the sandbox mounts in containers, with their owners.</summary>
internal sealed class SandboxFolders(string environmentFolder, TaskStorage storage, SandboxMode mode)
{
    private const UnixFileMode ReadableFile =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode Open = (UnixFileMode)0x3ff; // 1777: everyone, sticky

    public string VolumeFolder(string taskId, string volume) => storage.VolumeFolder(taskId, volume);

    public string LayerFolder(string taskId, string container) => storage.LayerFolder(taskId, container);

    public TaskDirectory Volume(string taskId, string volume, DirectoryOwner owner) => new(VolumeFolder(taskId, volume), owner);

    /// <summary>Folder with the image's <c>passwd</c> and <c>group</c>.</summary>
    public string EtcFolder => Path.Combine(environmentFolder, "etc");

    /// <summary>Makes what all containers of an image see.</summary>
    public void Prepare(ImageDescription image)
    {
        Directory.CreateDirectory(EtcFolder);
        File.WriteAllText(
            Path.Combine(EtcFolder, "passwd"),
            string.Concat(image.Users.Select(user =>
                $"{user.Name}:x:{user.Uid}:{user.Gid}::{user.Home}:{(user.Name is "nobody" ? "/usr/sbin/nologin" : "/bin/bash")}\n")));
        File.WriteAllText(
            Path.Combine(EtcFolder, "group"),
            string.Concat(image.Users.Select(user => $"{(user.Name is "nobody" ? "nogroup" : user.Name)}:x:{user.Gid}:\n")));
        LinuxCalls.Chmod(EtcFolder, BindVolume.Default.Mode);
        LinuxCalls.Chmod(Path.Combine(EtcFolder, "passwd"), ReadableFile);
        LinuxCalls.Chmod(Path.Combine(EtcFolder, "group"), ReadableFile);
    }

    /// <summary>The writable layer of a container: its user's home and /tmp.</summary>
    public IReadOnlyList<TaskDirectory> Layer(string taskId, string container, ImageUser user) =>
    [
        new(Path.Combine(LayerFolder(taskId, container), "home"), new(user.Uid, user.Gid, BindVolume.Default.Mode)),
        new(Path.Combine(LayerFolder(taskId, container), "tmp"), new(0, 0, Open)),
    ];

    /// <summary>Makes directories with their owners.</summary>
    /// <exception cref="IOException">The disk is full, or the like.</exception>
    public async Task MakeAsync(IReadOnlyList<TaskDirectory> directories, CancellationToken ct)
    {
        foreach (var directory in directories)
        {
            Directory.CreateDirectory(directory.Path);
            LinuxCalls.Chmod(directory.Path, directory.Owner.Mode);
            if (mode.Users is SandboxUsers.Root)
            {
                LinuxCalls.Chown(directory.Path, directory.Owner.Uid, directory.Owner.Gid);
            }
        }

        if (mode.Users is SandboxUsers.Rootless)
        {
            foreach (var group in directories
                .Where(directory => directory.Owner is not { Uid: 0, Gid: 0 })
                .GroupBy(directory => (directory.Owner.Uid, directory.Owner.Gid)))
            {
                var (exitCode, output) = await ToolProcess.RunAsync(
                    [.. mode.AsRoot, "chown", $"{group.Key.Uid}:{group.Key.Gid}", "--", .. group.Select(directory => directory.Path)], ct);
                if (exitCode != 0)
                {
                    throw new IOException(output.Trim());
                }
            }

            // The kernel takes the bit away when someone who is not in the folder's group sets it.
            foreach (var directory in directories.Where(directory => directory.Owner.Mode.HasFlag(UnixFileMode.SetGroup)))
            {
                await ToolProcess.RunAsync([.. mode.AsRoot, "chmod", "g+s", "--", directory.Path], ct);
            }
        }
    }
}
