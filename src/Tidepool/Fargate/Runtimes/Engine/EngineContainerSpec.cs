using Docker.DotNet.Models;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>Writes what the engine is asked to make. Pure.</summary>
internal static class EngineContainerSpec
{
    /// <summary>Where volumes are written: in a holder the folder of all tasks is there, in a container that is never started those of its task.</summary>
    public const string VolumesFolder = "/.tidepool/volumes";

    /// <summary>Where the sockets of the machine's side are in a holder.</summary>
    public const string SocketsFolder = "/.tidepool/sockets";

    private const string Bind = "bind";
    private const long BytesOfMiB = 1024 * 1024;

    // An image's own check means nothing to ECS, and output goes to who is attached.
    private static readonly HealthcheckConfig NoCheck = new() { Test = ["NONE"] };
    private static readonly LogConfig NoLog = new() { Type = "none" };

    /// <summary>The container whose network, and host name, a task's containers share. It runs as root with no more than it needs for that.</summary>
    public static CreateContainerParameters Holder(HolderPlace place, EngineImage image, IReadOnlyList<string> forwards) =>
        new()
        {
            Name = $"tidepool-{Unguessable.Hex(6)}",
            Image = image.Id,
            User = "0:0",
            WorkingDir = "/",
            Entrypoint = [.. place.Program.Command],
            Cmd = ["hold-network", .. forwards],
            Env = ["DOTNET_EnableDiagnostics=0"],
            Labels = EngineLabels.OfHolder(place.EnvironmentFolder),
            Healthcheck = NoCheck,
            HostConfig = new()
            {
                NetworkMode = place.Network,
                Sysctls = new Dictionary<string, string>(place.NetworkControls),
                CapDrop = ["ALL"],

                // The address and its port; and what it takes to empty volumes whoever owns what is in them.
                CapAdd = ["NET_ADMIN", "NET_BIND_SERVICE", "DAC_OVERRIDE", "FOWNER"],
                LogConfig = NoLog,
                Mounts =
                [
                    .. place.Program.Files.Select(file => Of(file, $"{HolderProgram.Folder}/{Path.GetFileName(file)}", readOnly: true)),
                    .. place.TasksFolder is { } tasks ? new[] { Of(tasks, VolumesFolder, readOnly: false) } : [],
                    Of(place.SocketsFolder, SocketsFolder, readOnly: true),
                ],

                // Otherwise the engine would make volumes of its own for them, and copy the image's content there.
                Tmpfs = image.Volumes.ToDictionary(path => path, _ => ""),
            },
        };

    /// <summary>A container that is never started: the image's files are read from it, and the task's volumes are written through it.</summary>
    public static CreateContainerParameters Seed(RuntimeTask task, EngineImage image, string environmentFolder, string volumes) => new()
    {
        Image = image.Id,
        Entrypoint = ["/never-started"],
        Labels = EngineLabels.Of(environmentFolder, task, EngineLabels.Seed),
        HostConfig = new() { NetworkMode = "none", Mounts = [Of(volumes, VolumesFolder, readOnly: false)] },
    };

    /// <summary>A container of the task definition.</summary>
    /// <param name="task">The task.</param>
    /// <param name="container">Its container definition.</param>
    /// <param name="image">The image.</param>
    /// <param name="environment">Variables beyond those of the image.</param>
    /// <param name="place">Where the environment, the task's network and its volumes are.</param>
    /// <param name="limits">What limits the engine can hold.</param>
    public static CreateContainerParameters Container(
        RuntimeTask task, ContainerDefinition container, EngineImage image, IReadOnlyDictionary<string, string> environment, TaskPlace place, EngineLimits limits) =>
        new()
        {
            Name = $"tidepool-{task.HostName}-{container.Name}",
            Image = image.Id,
            User = container.User ?? "",
            WorkingDir = container.WorkingDirectory ?? "",
            Entrypoint = OrImages(container.EntryPoint)!,
            Cmd = OrImages(container.Command)!,
            Env = [.. environment.Select(variable => $"{variable.Key}={variable.Value}")],
            Labels = EngineLabels.Of(place.EnvironmentFolder, task, container),
            OpenStdin = container.Interactive is true,
            Healthcheck = NoCheck,
            HostConfig = new()
            {
                NetworkMode = $"container:{place.Holder}",
                CgroupParent = place.ControlGroup ?? "",

                // The holder is the task's first process then, as the pause container is on Fargate.
                PidMode = task.Definition.PidMode is "task" ? $"container:{place.Holder}" : "",
                Sysctls = Sysctls(container.SystemControls.Where(control => !IsOfNetwork(control))),
                Mounts = [.. task.MountsOf(container).Select(mount => Of(place.VolumeFolder(mount.Volume), mount.ContainerPath, mount.ReadOnly))],
                GroupAdd = [.. task.GroupsOf(container).Select(group => $"{group}")],
                ReadonlyRootfs = container.ReadonlyRootFilesystem is true,
                CapAdd = [.. container.LinuxParameters?.Capabilities?.Add ?? []],
                CapDrop = [.. container.LinuxParameters?.Capabilities?.Drop ?? []],
                Init = container.LinuxParameters?.InitProcessEnabled is true ? true : null,
                Ulimits = [.. container.Ulimits.Select(limit => new Docker.DotNet.Models.Ulimit { Name = limit.Name, Soft = limit.SoftLimit, Hard = limit.HardLimit })],
                LogConfig = NoLog,
                CPUShares = container.Cpu > 1 ? container.Cpu : 0,
                NanoCPUs = limits.Cpu ? Math.Min(TaskSize.ParseCpu(task.Definition.Cpu ?? "") ?? 0, limits.Processors * 1024L) * 1_000_000_000L / 1024 : 0,
                Memory = MemoryOf(task, container, limits),
                MemorySwap = MemoryOf(task, container, limits),
                MemoryReservation = limits.Memory ? (container.MemoryReservation ?? 0) * BytesOfMiB : 0,
            },
        };

    /// <summary>Kernel parameters of a task's network: whichever container names them, they hold for all, and the last one wins.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html</remarks>
    public static IReadOnlyDictionary<string, string> NetworkControls(TaskDefinition definition) =>
        Sysctls(definition.ContainerDefinitions.SelectMany(container => container.SystemControls).Where(IsOfNetwork));

    private static bool IsOfNetwork(SystemControl control) => control.Namespace?.StartsWith("net.", StringComparison.Ordinal) is true;

    private static Dictionary<string, string> Sysctls(IEnumerable<SystemControl> controls)
    {
        var all = new Dictionary<string, string>();
        foreach (var control in controls)
        {
            all[control.Namespace!] = control.Value!;
        }

        return all;
    }

    private static long MemoryOf(RuntimeTask task, ContainerDefinition container, EngineLimits limits) =>
        limits.Memory ? (container.Memory ?? TaskSize.ParseMemory(task.Definition.Memory ?? "") ?? 0) * BytesOfMiB : 0;

    private static List<string>? OrImages(IReadOnlyList<string>? command) => command is { Count: > 0 } ? [.. command] : null;

    private static Mount Of(string source, string target, bool readOnly) => new() { Type = Bind, Source = source, Target = target, ReadOnly = readOnly };
}

/// <summary>Where a task is.</summary>
/// <param name="EnvironmentFolder">Folder of the environment.</param>
/// <param name="Holder">Id of the container that holds its network.</param>
/// <param name="ControlGroup">The control group above its containers' own; null for none.</param>
/// <param name="VolumeFolder">The directory of a volume by its name.</param>
internal sealed record TaskPlace(string EnvironmentFolder, string Holder, string? ControlGroup, Func<string, string> VolumeFolder);

/// <summary>What limits an engine can hold, by the control groups that it has.</summary>
/// <param name="Processors">Processors of the engine's machine.</param>
/// <param name="Cpu">Whether it can hold processor time.</param>
/// <param name="Memory">Whether it can hold memory.</param>
internal sealed record EngineLimits(long Processors, bool Cpu, bool Memory);
