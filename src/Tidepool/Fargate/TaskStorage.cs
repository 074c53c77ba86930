using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate;

/// <summary>The directories of tasks on this machine: a fresh one for each volume of each task, and containers' writable layers.</summary>
internal sealed class TaskStorage(string environmentFolder)
{
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The folder around the volumes of all tasks.</summary>
    public string VolumesRoot => Path.Combine(environmentFolder, "volumes");

    public string VolumesOf(string taskId) => Path.Combine(VolumesRoot, taskId);

    public string VolumeFolder(string taskId, string volume) => Path.Combine(VolumesOf(taskId), volume);

    public string LayersOf(string taskId) => Path.Combine(environmentFolder, "layers", taskId);

    public string LayerFolder(string taskId, string container) => Path.Combine(LayersOf(taskId), container);

    /// <summary>Makes the folders that all tasks need.</summary>
    public void Prepare()
    {
        foreach (var name in new[] { "volumes", "layers", "logs" })
        {
            Directory.CreateDirectory(Path.Combine(environmentFolder, name));
        }
    }

    /// <summary>What a volume is on this machine now.</summary>
    public VolumeFacts Describe(string taskId, string volume, FileOwners owners)
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
            Uid = owners.Uids?.ToContainer(facts.Uid) ?? (int)facts.Uid,
            Gid = owners.Gids?.ToContainer(facts.Gid) ?? (int)facts.Gid,
            Mode = facts.Mode,
            OwnersEnforced = owners.Enforced,
        };
    }

    /// <summary>What the files of a task's volumes and layers take, as far as they can be read.</summary>
    public long UtilizedMiB(string taskId) => (BytesOf(VolumesOf(taskId)) + BytesOf(LayersOf(taskId))) / (1024 * 1024);

    /// <summary>What the files of a folder take, as far as they can be read; none where there is no folder.</summary>
    public static long BytesOf(string folder) => !Directory.Exists(folder) ? 0 : new DirectoryInfo(folder)
        .EnumerateFiles("*", new EnumerationOptions
        {
            RecurseSubdirectories = true,
            IgnoreInaccessible = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        })
        .Sum(file => file.Exists ? file.Length : 0);

    /// <summary>Removes all that a task has on this machine but its logs.</summary>
    public async Task RemoveAsync(string taskId, CancellationToken ct)
    {
        await TreeRemoval.RemoveAsync(VolumesOf(taskId), ct);
        await TreeRemoval.RemoveAsync(LayersOf(taskId), ct);
    }
}
