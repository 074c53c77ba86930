using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes;
using Tidepool.Tasks;

namespace Tidepool.Tests.Deployment.Verification;

/// <summary>A container runtime that breaks one rule of storage, as emulators do; all else is as it is.</summary>
/// <param name="inner">What really runs containers.</param>
/// <param name="storage">Where it keeps volumes.</param>
/// <param name="folder">A folder for volumes that outlive their tasks.</param>
internal abstract class BrokenRuntime(IContainerRuntime inner, TaskStorage storage, string folder) : IContainerRuntime
{
    public RuntimeFacts Facts => inner.Facts;

    public FileOwners Owners => inner.Owners;

    protected IContainerRuntime Inner => inner;

    public Task<IReadOnlyList<Problem>> RefusalsAsync(RegisterTaskDefinitionRequest request, bool images, CancellationToken ct) =>
        inner.RefusalsAsync(request, images, ct);

    public void Reach(int port) => inner.Reach(port);

    public bool Sees(string mounted) => inner.Sees(mounted);

    public long ImageBytesOf(RuntimeTask task) => inner.ImageBytesOf(task);

    public long LayerBytesOf(string taskArn) => inner.LayerBytesOf(taskArn);

    public string OfferMetadata(string endpoint) => inner.OfferMetadata(endpoint);

    public virtual Task PrepareAsync(RuntimeTask task, CancellationToken ct) => inner.PrepareAsync(task, ct);

    public Task<PreparedTask> DescribeAsync(RuntimeTask task, CancellationToken ct) => inner.DescribeAsync(task, ct);

    public virtual Task<IRunningContainer> StartAsync(
        RuntimeTask task, ContainerDefinition container, IReadOnlyDictionary<string, string> environment, ContainerLog log, CancellationToken ct) =>
        inner.StartAsync(task, container, environment, log, ct);

    public virtual Task RemoveAsync(RuntimeTask task, CancellationToken ct) => inner.RemoveAsync(task, ct);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    /// <summary>The task's volume as it is made.</summary>
    protected string VolumeOf(RuntimeTask task) => storage.VolumeFolder(task.TaskId, task.BindVolumes.Single().Name);

    // A volume that is moved is on no task's disk any more; only one fault is about that.
    protected static bool HasVolume(RuntimeTask task) => task.BindVolumes.Any() && !IsOfTheDisk(task);

    protected static bool IsOfTheDisk(RuntimeTask task) => task.Definition.Family.Contains("-disk-", StringComparison.Ordinal);

    protected static bool HasEbs(RuntimeTask task) => task.Definition.Volumes.Any(volume => volume.ConfiguredAtLaunch is true);

    protected static bool HasEfs(RuntimeTask task) => task.Definition.Volumes.Any(volume => volume.EfsVolumeConfiguration is not null);

    /// <summary>A folder that is there from then on, open to everyone.</summary>
    protected string Folder(string name)
    {
        var made = Path.Combine(folder, name);
        Run("mkdir", "-p", "-m", "0777", made);
        return made;
    }

    protected static string PathOf(RuntimeTask task) => task.PlacesOf(task.BindVolumes.Single().Name).First().Path;

    /// <summary>The task with another folder as its volume.</summary>
    protected static RuntimeTask With(RuntimeTask task, string volume) =>
        task with { AttachedFolders = new Dictionary<string, string> { [task.Definition.Volumes.Single().Name] = volume } };

    /// <summary>A copy of the task's fresh volume under a name.</summary>
    protected string Copy(RuntimeTask task, string name)
    {
        var copy = Path.Combine(folder, name);
        Run("cp", "-a", VolumeOf(task), copy);
        return copy;
    }

    protected static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}

/// <summary>Volumes are of the family, so that all tasks of it have one.</summary>
internal sealed class TasksShareVolumes(IContainerRuntime inner, TaskStorage storage, string folder) : BrokenRuntime(inner, storage, folder)
{
    private readonly ConcurrentDictionary<string, Lazy<string>> _volumes = new();

    public override Task<IRunningContainer> StartAsync(
        RuntimeTask task, ContainerDefinition container, IReadOnlyDictionary<string, string> environment, ContainerLog log, CancellationToken ct) =>
        base.StartAsync(
            HasVolume(task) ? With(task, _volumes.GetOrAdd(task.Definition.Family, family => new(() => Copy(task, family))).Value) : task, container, environment, log, ct);
}

/// <summary>A volume that a task has left is the next one's.</summary>
internal sealed class VolumesAreUsedAgain(IContainerRuntime inner, TaskStorage storage, string folder) : BrokenRuntime(inner, storage, folder)
{
    private readonly ConcurrentDictionary<string, string> _left = new();
    private readonly ConcurrentDictionary<string, string> _used = new();

    public override async Task PrepareAsync(RuntimeTask task, CancellationToken ct)
    {
        await base.PrepareAsync(task, ct);
        if (HasVolume(task))
        {
            _used[task.TaskId] = _left.TryRemove(task.Definition.Family, out var left) ? left : Copy(task, task.TaskId);
        }
    }

    public override async Task<IRunningContainer> StartAsync(
        RuntimeTask task, ContainerDefinition container, IReadOnlyDictionary<string, string> environment, ContainerLog log, CancellationToken ct) =>
        new Watched(
            await base.StartAsync(HasVolume(task) ? With(task, _used[task.TaskId]) : task, container, environment, log, ct),
            // A service starts the next task meanwhile.
            onStop: inner =>
            {
                Leave(task);
                inner.Stop();
            });

    public override async Task RemoveAsync(RuntimeTask task, CancellationToken ct)
    {
        Leave(task);
        await base.RemoveAsync(task, ct);
    }

    private void Leave(RuntimeTask task)
    {
        if (_used.TryRemove(task.TaskId, out var used))
        {
            _left[task.Definition.Family] = used;
        }
    }
}

/// <summary>Each container has a volume of its own.</summary>
internal sealed class ContainersApart(IContainerRuntime inner, TaskStorage storage, string folder) : BrokenRuntime(inner, storage, folder)
{
    private readonly ConcurrentDictionary<string, Lazy<string>> _volumes = new();

    public override Task<IRunningContainer> StartAsync(
        RuntimeTask task, ContainerDefinition container, IReadOnlyDictionary<string, string> environment, ContainerLog log, CancellationToken ct) =>
        base.StartAsync(
            HasVolume(task) ? With(task, _volumes.GetOrAdd($"{task.TaskId}-{container.Name}", name => new(() => Copy(task, name))).Value) : task, container, environment, log, ct);
}

/// <summary>A container that is started again has a fresh volume.</summary>
internal sealed class RestartsForget(IContainerRuntime inner, TaskStorage storage, string folder) : BrokenRuntime(inner, storage, folder)
{
    private readonly ConcurrentDictionary<string, int> _starts = new();

    public override Task<IRunningContainer> StartAsync(
        RuntimeTask task, ContainerDefinition container, IReadOnlyDictionary<string, string> environment, ContainerLog log, CancellationToken ct)
    {
        if (container.RestartPolicy is not null && HasVolume(task))
        {
            foreach (var file in _starts.AddOrUpdate(task.TaskId, 1, (_, before) => before + 1) > 1 ? Directory.GetFiles(VolumeOf(task)) : [])
            {
                File.Delete(file);
            }
        }

        return base.StartAsync(task, container, environment, log, ct);
    }
}

/// <summary>Volumes are changed after they were made.</summary>
internal sealed class VolumesAreOther(IContainerRuntime inner, TaskStorage storage, string folder, Action<string, string> change) : BrokenRuntime(inner, storage, folder)
{
    public override async Task PrepareAsync(RuntimeTask task, CancellationToken ct)
    {
        await base.PrepareAsync(task, ct);
        if (HasVolume(task))
        {
            change(PathOf(task), VolumeOf(task));
        }
    }

    /// <summary>Whoever wants to may write.</summary>
    public static void Open(string path, string volume) => Run("chmod", "0777", volume);

    /// <summary>The image's user owns what no VOLUME is for.</summary>
    public static void OfTheImagesUser(string path, string volume)
    {
        if (path == "/tidepool-probe")
        {
            Run("chown", "1000:1000", volume);
        }
    }

    /// <summary>A VOLUME is like any other path.</summary>
    public static void WithoutSeed(string path, string volume)
    {
        Run("rm", "-rf", volume);
        Run("mkdir", "-m", "0755", volume);
    }

    /// <summary>A VOLUME gives its owner and mode, and none of its files.</summary>
    public static void WithoutContent(string path, string volume) => Run("find", volume, "-mindepth", "1", "-delete");

    /// <summary>What the image has at the path is copied always, as an engine's own volumes do.</summary>
    public static void AlwaysSeeded(string path, string volume)
    {
        if (path == "/opt/tidepool")
        {
            File.WriteAllText(Path.Combine(volume, "tidepool-agent"), "");
        }
    }
}

/// <summary>Containers are started with another definition.</summary>
internal sealed class ContainersAreOther(IContainerRuntime inner, TaskStorage storage, string folder, Func<ContainerDefinition, ContainerDefinition> change)
    : BrokenRuntime(inner, storage, folder)
{
    // The mounts are looked up in the task's definition too.
    public override Task<IRunningContainer> StartAsync(
        RuntimeTask task, ContainerDefinition container, IReadOnlyDictionary<string, string> environment, ContainerLog log, CancellationToken ct) =>
        base.StartAsync(task, change(container), environment, log, ct);

    public static ContainerDefinition Writable(ContainerDefinition container) =>
        container with { MountPoints = [.. container.MountPoints.Select(mount => mount with { ReadOnly = null })] };

    public static ContainerDefinition NeverRoot(ContainerDefinition container) =>
        container.Name == "init" ? container with { User = "1000" } : container;
}

/// <summary>Nothing is said to a container before it is killed.</summary>
internal sealed class StopKills(IContainerRuntime inner, TaskStorage storage, string folder) : BrokenRuntime(inner, storage, folder)
{
    public override async Task<IRunningContainer> StartAsync(
        RuntimeTask task, ContainerDefinition container, IReadOnlyDictionary<string, string> environment, ContainerLog log, CancellationToken ct) =>
        new Watched(await base.StartAsync(task, container, environment, log, ct), onStop: inner => inner.Kill());
}

/// <summary>A container that does something else when it is to stop.</summary>
internal sealed class Watched(IRunningContainer inner, Action<IRunningContainer> onStop) : IRunningContainer
{
    public IReadOnlyList<ProcessIdentity> Processes => inner.Processes;

    public Task<ContainerEnd> Ended => inner.Ended;

    public Task<JsonObject?> StatsAsync(CancellationToken ct) => inner.StatsAsync(ct);

    public Task<CommandEnd> ExecuteAsync(IReadOnlyList<string> command, TimeSpan limit, CancellationToken ct) => inner.ExecuteAsync(command, limit, ct);

    public void Stop() => onStop(inner);

    public void Kill() => inner.Kill();
}

/// <summary>Another folder is mounted as a task's volume.</summary>
internal sealed class VolumesAreElsewhere(IContainerRuntime inner, TaskStorage storage, string folder, Func<RuntimeTask, string?> where) : BrokenRuntime(inner, storage, folder)
{
    public override Task<IRunningContainer> StartAsync(
        RuntimeTask task, ContainerDefinition container, IReadOnlyDictionary<string, string> environment, ContainerLog log, CancellationToken ct) =>
        base.StartAsync(where(task) is { } name ? With(task, Folder(name)) : task, container, environment, log, ct);

    /// <summary>Whoever names a bind mount alike has the same one.</summary>
    public static string? BindOfOneName(RuntimeTask task) => task.BindVolumes.FirstOrDefault()?.Name;

    /// <summary>EBS volumes are the task definition's, not the task's.</summary>
    public static string? EbsOfTheFamily(RuntimeTask task) => HasEbs(task) ? task.Definition.Family : null;

    /// <summary>A volume from a snapshot is as empty as any other.</summary>
    public static string? EbsWithoutSnapshot(RuntimeTask task) => HasEbs(task) && task.Definition.Family.EndsWith("-second", StringComparison.Ordinal) ? task.TaskId : null;

    /// <summary>Each task has an EFS file system of its own, where owners are those of the writers.</summary>
    public static string? EfsOfTheTask(RuntimeTask task) => HasEfs(task) ? task.TaskId : null;

    /// <summary>An access point is its folder, and nothing more.</summary>
    public static string? EfsWithoutAccessPoint(RuntimeTask task) => HasEfs(task) ? "file-system" : null;

    /// <summary>Bind mounts are on another disk than the task's.</summary>
    public static string? OffTheDisk(RuntimeTask task) => IsOfTheDisk(task) ? task.TaskId : null;
}
