using System.Diagnostics;
using Tidepool.Storage;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Runtimes;

/// <summary>Runs containers as processes of this machine in namespaces of their own, made by bubblewrap.</summary>
internal sealed class Sandbox(SandboxMode mode, SandboxFolders folders, string agentBinary, TimeProvider clock) : IContainerRuntime
{
    // bubblewrap reads its options from descriptor 3 and reports on 4; the program's two outputs are one, so that their order is kept.
    // setsid keeps the terminal's Ctrl-C from bubblewrap: it is Tidepool that stops containers.
    private const string Script = """exec "$0" "$@" 3<&0 4>&2 0</dev/null 2>&1""";

    // Only root can have mounts of tasks that are worth hiding.
    private readonly StarterThread _starter = new(mode.Users is SandboxUsers.Root ? [agentBinary, .. mode.Tools.Paths, .. folders.Roots] : null);

    public RuntimeFacts Facts => mode.Facts;

    public FileOwners Owners => mode.Owners;

    public Task<IReadOnlyList<Problem>> RefusalsAsync(RegisterTaskDefinitionRequest request, bool images, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<Problem>>(
        [
            // bubblewrap itself would be PID 1 then, as the job's own user, and its memory holds the container's secrets.
            .. request.ContainerDefinitions
                .Where(container => container.LinuxParameters?.InitProcessEnabled is true && mode.Users is SandboxUsers.SingleUid)
                .Select(container => LocalLimits.Unsupported($"containerDefinitions[{container.Name}].linuxParameters.initProcessEnabled")),
            .. LocalLimits.OfSandbox(request),
            .. request.ContainerDefinitions.Where(container => images && ImageDescription.Find(container.Image) is null).Select(container => new Problem(
                "FARGATE004",
                $"The sandbox runtime cannot run image {container.Image} of container {container.Name}.",
                $"Use one that it knows by its description: {BuiltInImages.Names}.")),
        ]);

    public void Reach(int port)
    {
        // Containers share this machine's loopback.
    }

    public bool Sees(string mounted) => true;

    public long ImageBytesOf(RuntimeTask task) => 0;

    public long LayerBytesOf(string taskArn) => 0;

    public string OfferMetadata(string endpoint) => endpoint;

    public Task PrepareAsync(RuntimeTask task, CancellationToken ct)
    {
        var containers = task.Definition.ContainerDefinitions;
        return containers.FirstOrDefault(container => ImageDescription.Find(container.Image) is null) is { } unknown
            ? throw new TaskStartException(
                $"CannotPullContainerError: the sandbox runtime cannot run {unknown.Image}; it runs {BuiltInImages.Names}.")
            : folders.MakeAsync(
                [
                    .. task.BindVolumes.SelectMany(volume => folders.Volume(
                        task.TaskId,
                        volume.Name,
                        [.. task.PlacesOf(volume.Name).Select(place => (place.Path, ImageDescription.Find(place.Container.Image)!))])),
                    .. containers.SelectMany(container => folders.Layer(
                        task.TaskId,
                        container.Name,
                        UserOf(container) ?? BuiltInImages.Agent.UserOf(null)!,
                        VisibleRoots(task, container).SelectMany(root => ImageDescription.Find(container.Image)!.ContentOf(root.Path)))),
                ],
                ct);
    }

    public Task<PreparedTask> DescribeAsync(RuntimeTask task, CancellationToken ct) =>
        Task.FromResult(new PreparedTask(TaskNetwork.OfThisMachine, new Dictionary<string, string>()));

    public async Task<IRunningContainer> StartAsync(
        RuntimeTask task, ContainerDefinition container, IReadOnlyDictionary<string, string> environment, ContainerLog log, CancellationToken ct)
    {
        var user = UserOf(container) ?? throw new IOException($"unable to find user {container.User}: no matching entries in passwd file");
        var image = ImageDescription.Find(container.Image)!;
        return await StartAsync(
            new SandboxContainerSpec
            {
                RuntimeId = task.RuntimeIds[container.Name],
                HostName = task.HostName,
                User = user,
                Groups = task.GroupsOf(container),
                Command = (container.EntryPoint, container.Command) switch
                {
                    (null or { Count: 0 }, null or { Count: 0 }) => image.Command,
                    var (entryPoint, command) => [.. entryPoint ?? [], .. command ?? []],
                },
                WorkingDirectory = container.WorkingDirectory ?? (user.Uid == 0 ? "/root" : image.WorkingDirectory),
                Environment = new Dictionary<string, string>([.. VariablesOfImage(task, user).Where(variable => !environment.ContainsKey(variable.Key)), .. environment]),
                Mounts =
                [
                    .. VisibleRoots(task, container).Select(root => new SandboxMount(
                        folders.ContentFolder(task.TaskId, container.Name, root.Path), root.Path, container.ReadonlyRootFilesystem is true)),
                    .. task.MountsOf(container).Select(mount => new SandboxMount(
                        task.AttachedFolders.GetValueOrDefault(mount.Volume) ?? folders.VolumeFolder(task.TaskId, mount.Volume), mount.ContainerPath, mount.ReadOnly)),
                ],
                LayerFolder = folders.LayerFolder(task.TaskId, container.Name),
                EtcFolder = folders.EtcFolder,
                AgentBinary = agentBinary,
                ReadOnlyRoot = container.ReadonlyRootFilesystem is true,
                Init = container.LinuxParameters?.InitProcessEnabled is true,
                Capabilities =
                [
                    .. (container.LinuxParameters?.Capabilities?.Add ?? []).Select(capability => $"+{capability.ToLowerInvariant()}"),
                    .. (container.LinuxParameters?.Capabilities?.Drop ?? []).Select(capability => $"-{capability.ToLowerInvariant()}"),
                ],
            },
            [folders.TaskFolder(task.TaskId), .. task.AttachedFolders.Values],
            log,
            ct);
    }

    /// <summary>Its volumes and layers are folders, and go with the task's others.</summary>
    public Task RemoveAsync(RuntimeTask task, CancellationToken ct) => Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _starter.Dispose();
        return ValueTask.CompletedTask;
    }

    // A mount at exactly the path hides what the image has there.
    private static IEnumerable<ImageEntry> VisibleRoots(RuntimeTask task, ContainerDefinition container) =>
        ImageDescription.Find(container.Image)!.Roots.Where(root => !task.MountsOf(container).Any(mount => mount.ContainerPath == root.Path));

    private static ImageUser? UserOf(ContainerDefinition container) => ImageDescription.Find(container.Image)?.UserOf(container.User);

    private static IEnumerable<KeyValuePair<string, string>> VariablesOfImage(RuntimeTask task, ImageUser user) =>
    [
        new("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        new("HOSTNAME", task.HostName),
        new("HOME", user.Home),
    ];

    private async Task<SandboxContainer> StartAsync(
        SandboxContainerSpec spec, IReadOnlyList<string> ofTask, ContainerLog log, CancellationToken ct)
    {
        var info = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        info.Environment.Clear();
        foreach (var argument in (string[])
        [
            "-c", Script, mode.Tools.Setsid, .. mode.Launcher, "--args", "3", "--json-status-fd", "4", "--",
            .. SandboxArguments.AsUser(mode, spec.User, spec.Groups, spec.Capabilities), .. spec.Command,
        ])
        {
            info.ArgumentList.Add(argument);
        }

        await using var shown = await _starter.ShowAsync(ofTask);
        var process = await _starter.StartAsync(info);
        var container = new SandboxContainer(process, spec, mode, log, clock);
        await container.RunAsync(SandboxArguments.Options(spec, mode), ct);
        return container;
    }
}
