using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Docker.DotNet.Models;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>
/// The control groups of tasks, each above those of its containers, so that what a task may take holds for all of them together. Only root
/// may make them, and the engine must be one that names groups as paths or, in version 2, as systemd's slices.
/// </summary>
/// <remarks>
/// Sources: https://www.kernel.org/doc/html/latest/admin-guide/cgroup-v1/memory.html,
/// https://www.kernel.org/doc/html/latest/admin-guide/cgroup-v2.html and, for nesting slices, systemd.slice(5). Version 2 is untried.
/// </remarks>
/// <param name="root">Where the hierarchies are mounted: <c>/sys/fs/cgroup</c>.</param>
/// <param name="layout">How the engine names and the kernel nests groups.</param>
/// <param name="environmentFolder">Folder of the environment; the groups' names come from it, so that a sweep finds them.</param>
internal sealed class ControlGroups(string root, ControlGroupLayout layout, string environmentFolder)
{
    private const string Mounted = "/sys/fs/cgroup";
    private const int PeriodMicroseconds = 100_000;
    private const long BytesOfMiB = 1024 * 1024;
    private static readonly string[] Controllers = ["memory", "cpu"];

    private readonly string _environment =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(environmentFolder)))[..12];

    /// <summary>The groups of an environment; null where there can be none.</summary>
    public static ControlGroups? Find(SystemInfoResponse info, string environmentFolder) =>
        LinuxCalls.EffectiveUid == 0 && LayoutOf(info.CgroupDriver, info.CgroupVersion) is { } layout && Directory.Exists(Mounted)
            ? new(Mounted, layout, environmentFolder)
            : null;

    /// <summary>How an engine with a driver, on a version of control groups, lays them out; null when unknown.</summary>
    public static ControlGroupLayout? LayoutOf(string? driver, string? version) => (driver, version) switch
    {
        ("cgroupfs", "1" or "" or null) => ControlGroupLayout.Version1,
        ("cgroupfs", "2") => ControlGroupLayout.Version2,
        ("systemd", "2") => ControlGroupLayout.Slices,
        _ => null,
    };

    /// <summary>The group of a task as the engine takes it for a parent.</summary>
    public string ParentOf(string taskId) =>
        layout is ControlGroupLayout.Slices ? $"tidepool-{_environment}-{taskId}.slice" : $"/tidepool-{_environment}/{taskId}";

    /// <summary>Makes the group of a task with its limits, before a container is in it. Slices systemd makes itself.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public void Make(RuntimeTask task)
    {
        if (layout is ControlGroupLayout.Slices)
        {
            return;
        }

        foreach (var folder in FoldersOf(task.TaskId))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
            if (layout is ControlGroupLayout.Version2)
            {
                Write(Path.GetDirectoryName(folder)!, "cgroup.subtree_control", "+memory +cpu");
            }

            Directory.CreateDirectory(folder);
        }

        Limit(task);
    }

    /// <summary>Sees to the limits once a container is in the group; false when it is not, as where the engine has another root.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public bool Hold(RuntimeTask task)
    {
        if (!FoldersOf(task.TaskId).All(folder => Directory.Exists(folder) && Directory.EnumerateDirectories(folder).Any()))
        {
            return false;
        }

        Limit(task);
        return true;
    }

    /// <summary>Removes the group of a task, whose containers are gone.</summary>
    public void Remove(string taskId) => RemovePath(ParentOf(taskId));

    /// <summary>Removes all groups of the environment that are there.</summary>
    public void RemoveAll() => RemovePath($"/tidepool-{_environment}");

    // The engine makes a group of the same path for each controller. Slices that are empty systemd removes.
    private void RemovePath(string path)
    {
        var hierarchies = layout switch
        {
            ControlGroupLayout.Version1 => Directory.EnumerateDirectories(root),
            ControlGroupLayout.Version2 => [root],
            _ => Array.Empty<string>(),
        };
        foreach (var folder in hierarchies.Select(hierarchy => $"{hierarchy}{path}").Where(Directory.Exists))
        {
            Delete(folder);
        }
    }

    private IEnumerable<string> FoldersOf(string taskId) => layout switch
    {
        ControlGroupLayout.Version1 => Controllers.Select(controller => $"{root}/{controller}{ParentOf(taskId)}"),
        ControlGroupLayout.Version2 => [$"{root}{ParentOf(taskId)}"],
        _ => [$"{root}/tidepool.slice/tidepool-{_environment}.slice/{ParentOf(taskId)}"],
    };

    private void Limit(RuntimeTask task)
    {
        var memory = (TaskSize.ParseMemory(task.Definition.Memory ?? "") ?? 0) * BytesOfMiB;
        var quota = (TaskSize.ParseCpu(task.Definition.Cpu ?? "") ?? 0) * (long)PeriodMicroseconds / 1024;
        string[] folders = [.. FoldersOf(task.TaskId)];
        if (layout is ControlGroupLayout.Version1)
        {
            // Memory without swap first: the one with swap may not be below it.
            Write(folders[0], "memory.limit_in_bytes", $"{memory}");
            Write(folders[0], "memory.memsw.limit_in_bytes", $"{memory}");
            Write(folders[1], "cpu.cfs_period_us", $"{PeriodMicroseconds}");
            Write(folders[1], "cpu.cfs_quota_us", $"{quota}");
        }
        else
        {
            Write(folders[0], "memory.max", $"{memory}");
            Write(folders[0], "memory.swap.max", "0");
            Write(folders[0], "cpu.max", string.Create(CultureInfo.InvariantCulture, $"{quota} {PeriodMicroseconds}"));
        }
    }

    // A kernel without swap or processor quotas has no file for them.
    private static void Write(string folder, string name, string value)
    {
        var file = Path.Combine(folder, name);
        if (File.Exists(file))
        {
            File.WriteAllText(file, value);
        }
    }

    private static void Delete(string folder)
    {
        try
        {
            foreach (var inner in Directory.EnumerateDirectories(folder))
            {
                Delete(inner);
            }

            Directory.Delete(folder);
        }
        catch (IOException)
        {
            // A process is still on its way out of it; the environment's end, or a sweep, tries again.
        }
    }
}

/// <summary>How control groups are named and nested.</summary>
internal enum ControlGroupLayout
{
    /// <summary>A hierarchy for each controller; groups are paths.</summary>
    Version1,

    /// <summary>One hierarchy; groups are paths.</summary>
    Version2,

    /// <summary>One hierarchy, which systemd keeps; groups are its slices.</summary>
    Slices,
}
