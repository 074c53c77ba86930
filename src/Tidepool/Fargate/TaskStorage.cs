using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate;

/// <summary>The directories of tasks on this machine: one for each task, in it one for each volume and one for each container's writable layer.</summary>
internal sealed class TaskStorage(string environmentFolder)
{
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Name of the folder of all tasks, in the environment's.</summary>
    public const string TasksName = "tasks";

    public string TasksFolder => Path.Combine(environmentFolder, TasksName);

    public string FolderOf(string taskId) => Path.Combine(TasksFolder, taskId);

    public string VolumesOf(string taskId) => Path.Combine(FolderOf(taskId), "volumes");

    public string VolumeFolder(string taskId, string volume) => Path.Combine(VolumesOf(taskId), volume);

    public string LayersOf(string taskId) => Path.Combine(FolderOf(taskId), "layers");

    public string LayerFolder(string taskId, string container) => Path.Combine(LayersOf(taskId), container);

    /// <summary>Makes the folders that all tasks need.</summary>
    public void Prepare()
    {
        Directory.CreateDirectory(TasksFolder);
        Directory.CreateDirectory(Path.Combine(environmentFolder, "logs"));
    }

    /// <summary>Makes the folders that a task needs.</summary>
    public void MakeFolders(string taskId)
    {
        Directory.CreateDirectory(VolumesOf(taskId));
        Directory.CreateDirectory(LayersOf(taskId));
    }

    /// <summary>What a volume is on this machine now.</summary>
    public static VolumeFacts Describe(string path, string volume, FileOwners owners)
    {
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

    /// <summary>What the files of a task's volumes and layers take in bytes, as far as they can be read.</summary>
    public long UsedBytes(string taskId) => BytesOf(FolderOf(taskId));

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
    public Task RemoveAsync(string taskId, CancellationToken ct) => TreeRemoval.RemoveAsync(FolderOf(taskId), ct);
}
