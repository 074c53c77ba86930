using Tidepool.Fargate.Runtimes;
using Tidepool.Storage;

namespace Tidepool.Fargate;

/// <summary>A directory to make for a task.</summary>
internal sealed record TaskDirectory(string Path, DirectoryOwner Owner);

/// <summary>The directories of tasks on this machine: a fresh one for each volume of each task, and containers' writable layers.</summary>
internal sealed class TaskStorage(string environmentFolder, SandboxMode mode)
{
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode ReadableFile =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode Open = (UnixFileMode)0x3ff; // 1777: everyone, sticky

    public string VolumesOf(string taskId) => Path.Combine(environmentFolder, "volumes", taskId);

    public string VolumeFolder(string taskId, string volume) => Path.Combine(VolumesOf(taskId), volume);

    public string LayersOf(string taskId) => Path.Combine(environmentFolder, "layers", taskId);

    public string LayerFolder(string taskId, string container) => Path.Combine(LayersOf(taskId), container);

    /// <summary>Folder with the image's <c>passwd</c> and <c>group</c>.</summary>
    public string EtcFolder => Path.Combine(environmentFolder, "etc");

    /// <summary>Makes the folders that all tasks need.</summary>
    public void Prepare(ImageDescription image)
    {
        foreach (var name in new[] { "volumes", "layers", "logs" })
        {
            Directory.CreateDirectory(Path.Combine(environmentFolder, name));
        }

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
        }
    }

    /// <summary>What a volume is on this machine now.</summary>
    public VolumeFacts Describe(string taskId, string volume)
    {
        var path = VolumeFolder(taskId, volume);
        var facts = LinuxCalls.Describe(path);
        return new()
        {
            Name = volume,
            HostPath = path,
            Device = facts.Device,
            Inode = facts.Inode,
            BornAt = facts.BornAt,
            Uid = mode.UidRange?.ToContainer(facts.Uid) ?? (int)facts.Uid,
            Gid = mode.GidRange?.ToContainer(facts.Gid) ?? (int)facts.Gid,
            Mode = facts.Mode,
            OwnersEnforced = mode.OwnersEnforced,
        };
    }

    /// <summary>What the files of a task's volumes and layers take, as far as they can be read.</summary>
    public long UtilizedMiB(string taskId) => new[] { VolumesOf(taskId), LayersOf(taskId) }
        .Where(Directory.Exists)
        .SelectMany(folder => new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions
        {
            RecurseSubdirectories = true,
            IgnoreInaccessible = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        }))
        .Sum(file => file.Exists ? file.Length : 0) / (1024 * 1024);

    /// <summary>Removes all that a task has on this machine but its logs.</summary>
    public async Task RemoveAsync(string taskId, CancellationToken ct)
    {
        await TreeRemoval.RemoveAsync(VolumesOf(taskId), ct);
        await TreeRemoval.RemoveAsync(LayersOf(taskId), ct);
    }
}
