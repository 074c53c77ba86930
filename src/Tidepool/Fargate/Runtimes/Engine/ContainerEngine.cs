using System.Collections.Concurrent;
using Docker.DotNet;
using Docker.DotNet.Models;
using Tidepool.Storage;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>
/// Runs containers in a container engine with Docker's API. Each task has a network namespace of its own, which a small container holds;
/// volumes are directories of this machine.
/// </summary>
internal sealed class ContainerEngine : IContainerRuntime
{
    /// <summary>Where containers find the metadata endpoint, as on Fargate.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html</remarks>
    private const string MetadataHost = "169.254.170.2";

    private const string MetadataSocket = "metadata";

    private readonly DockerClient _client;
    private readonly string _environmentFolder;
    private readonly TaskStorage _storage;
    private readonly EngineHolders _holders;
    private readonly EngineLimits _limits;
    private readonly Uri _socket;
    private readonly EngineLayers _layers;
    private readonly SystemInfoResponse _info;
    private readonly bool _podman;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<string, EngineTask> _tasks = new();
    private readonly ConcurrentDictionary<string, LoopbackSocket> _sockets = new();

    private volatile ControlGroups? _groups;

    private ContainerEngine(
        DockerClient client,
        Uri socket,
        string environmentFolder,
        TaskStorage storage,
        HolderProgram program,
        SystemInfoResponse info,
        bool podman,
        string network,
        TimeProvider clock)
    {
        (_client, _socket, _environmentFolder, _storage, _clock) = (client, socket, environmentFolder, storage, clock);
        _holders = new(client, new(environmentFolder, network, program, IsRoot ? null : storage.TasksFolder, SocketsFolder));
        _layers = new(client, clock);
        _limits = new(info.NCPU, info.CPUCfsQuota, info.MemoryLimit);
        (_info, _podman) = (info, podman);
        _groups = _limits is { Cpu: true, Memory: true } ? ControlGroups.Find(info, environmentFolder) : null;
    }

    public RuntimeFacts Facts => EngineFacts.Of(_info, _limits, _groups is not null, _podman);

    public FileOwners Owners { get; } = new(true, null, null);

    private static bool IsRoot => LinuxCalls.EffectiveUid == 0;

    private string SocketsFolder => Path.Combine(_environmentFolder, "sockets");

    /// <summary>Makes the environment's network.</summary>
    /// <exception cref="ProblemException">The engine does not answer, or refuses.</exception>
    public static async Task<ContainerEngine> StartAsync(
        Uri socket, string agentBinary, string environmentFolder, TaskStorage storage, TimeProvider clock, CancellationToken ct)
    {
        var program = await HolderProgram.FindAsync(agentBinary, ct);
        var client = EngineSocket.Connect(socket);
        try
        {
            var info = await EngineWords.AskAsync(() => client.System.GetSystemInfoAsync(ct));
            var version = await EngineWords.AskAsync(() => client.System.GetVersionAsync(ct));
            var podman = version.Components?.Any(part => part.Name.StartsWith("Podman", StringComparison.Ordinal)) is true;
            var network = await EngineWords.AskAsync(() => client.Networks.CreateNetworkAsync(
                new()
                {
                    Name = $"tidepool-{Unguessable.Hex(6)}",
                    Driver = "bridge",

                    // Tasks reach the world and not each other, as with a security group that lets nothing in.
                    Options = new Dictionary<string, string> { ["com.docker.network.bridge.enable_icc"] = "false" },
                    Labels = new Dictionary<string, string> { [EngineLabels.Environment] = environmentFolder },
                },
                ct));
            var engine = new ContainerEngine(client, socket, environmentFolder, storage, program, info, podman, network.ID, clock);
            Directory.CreateDirectory(engine.SocketsFolder);
            return engine;
        }
        catch (IOException e)
        {
            client.Dispose();
            throw new ProblemException(
                "ENGINE001", $"The container engine at {socket} cannot be used: {e.Message}", "See that it runs and that you may use it, or take --runtime sandbox.");
        }
    }

    public async Task<IReadOnlyList<Problem>> RefusalsAsync(RegisterTaskDefinitionRequest request, bool images, CancellationToken ct)
    {
        var problems = new List<Problem>();

        // A file system outlives tasks, and its folders belong to users whom only root can give them to.
        problems.AddRange(request.Volumes
            .Where(volume => volume.EfsVolumeConfiguration is not null && !IsRoot)
            .Select(volume => new Problem(
                "FARGATE003",
                $"volumes[{volume.Name}].efsVolumeConfiguration takes root on this machine with a container engine.",
                "Run tidepool as root, or take --runtime sandbox.")));
        foreach (var name in images ? request.ContainerDefinitions.Select(container => container.Image).Distinct() : [])
        {
            var image = await EngineImage.FindAsync(_client, name, ct);
            if (image is null)
            {
                problems.Add(ContainerRuntimes.MissingImage(name));
            }
            else if (image.Mismatch(request.RuntimePlatform) is not null)
            {
                problems.Add(new(
                    "ENGINE004",
                    $"The image {name} is for {image.Architecture}, and the task definition asks for {EngineImage.ArchitectureOf(request.RuntimePlatform)}.",
                    "Build the image for that platform, or set runtimePlatform.cpuArchitecture."));
            }
            else if (problems.Count == 0)
            {
                _holders.MakeAhead(image);
            }
        }

        return problems;
    }

    public void Reach(int port) => Open($"{port}", port, $"127.0.0.1:{port}");

    public bool Sees(string mounted) => EnginePeer.Sees(_socket, mounted);

    public long ImageBytesOf(RuntimeTask task) => _tasks[task.TaskArn].ImageBytes;

    public long LayerBytesOf(string taskArn) => _tasks.ContainsKey(taskArn) ? _layers.BytesOf(taskArn) : 0;

    public string OfferMetadata(string endpoint)
    {
        Open(MetadataSocket, new Uri(endpoint).Port, $"{MetadataHost}:80");
        return $"http://{MetadataHost}";
    }

    public async Task PrepareAsync(RuntimeTask task, CancellationToken ct)
    {
        var prepared = _tasks[task.TaskArn] = new(await ImagesAsync(task, ct));
        try
        {
            var (image, controls) = (prepared.ImageOf(task.Definition.ContainerDefinitions[0]), EngineContainerSpec.NetworkControls(task.Definition));
            prepared.HasOwnHolder = controls.Count > 0 || task.Definition.PidMode is not null;
            prepared.Holder = prepared.HasOwnHolder
                ? await _holders.MakeAsync(image, IsRoot ? null : Directory.CreateDirectory(_storage.VolumesOf(task.TaskId)).FullName, controls, ct)
                : await _holders.TakeAsync(image, ct);
        }
        catch (IOException e)
        {
            throw NoNetwork(e.Message);
        }

        await MakeVolumesAsync(task, prepared, ct);
    }

    public async Task<PreparedTask> DescribeAsync(RuntimeTask task, CancellationToken ct)
    {
        var prepared = _tasks[task.TaskArn];
        var holder = await EngineWords.AskAsync(() => _client.Containers.InspectContainerAsync(prepared.Holder!, ct));
        var images = task.Definition.ContainerDefinitions.ToDictionary(container => container.Name, container => prepared.ImageOf(container).Id);
        return new(
            holder.NetworkSettings?.Networks?.Values.FirstOrDefault(network => network.IPAddress is { Length: > 0 }) is { } network
                ? new TaskNetwork(network.IPAddress) { MacAddress = network.MacAddress, PrefixLength = (int)network.IPPrefixLen, Gateway = network.Gateway }
                : TaskNetwork.OfThisMachine,
            images);
    }

    public async Task<IRunningContainer> StartAsync(
        RuntimeTask task, ContainerDefinition container, IReadOnlyDictionary<string, string> environment, ContainerLog log, CancellationToken ct)
    {
        var prepared = _tasks[task.TaskArn];
        var image = prepared.ImageOf(container);
        if (!prepared.Containers.TryGetValue(container.Name, out var id))
        {
            _groups?.Make(task);
            var place = new TaskPlace(_environmentFolder, prepared.Holder!, _groups?.ParentOf(task.TaskId), volume => task.AttachedFolders.GetValueOrDefault(volume) ?? _storage.VolumeFolder(task.TaskId, volume));
            id = prepared.Containers[container.Name] = await CreateAsync(
                EngineContainerSpec.Container(task, container, image, environment, place, _limits), ct);
        }

        var run = new EngineContainer(_client, id, prepared.Holder!, image.StopSignal, log, _clock);
        await run.StartAsync(ct);
        if (_groups?.Hold(task) is false && !run.Ended.IsCompleted)
        {
            _groups = null;
        }

        // Not sooner: the engine would do less for this task meanwhile.
        _holders.MakeAhead(image);
        return run;
    }

    public async Task RemoveAsync(RuntimeTask task, CancellationToken ct)
    {
        if (!_tasks.TryRemove(task.TaskArn, out var prepared))
        {
            return;
        }

        _layers.Forget(task.TaskArn);
        foreach (var id in prepared.Containers.Values)
        {
            await EngineLeftovers.RemoveAsync(_client, id, ct);
        }

        _groups?.Remove(task.TaskId);
        if (prepared.Holder is { } holder)
        {
            if (!IsRoot)
            {
                // What containers' users own there, only root of a container can remove.
                await EngineLeftovers.EmptyVolumesAsync(_client, holder, VolumesInHolder(task, prepared), ct);
            }

            await EngineLeftovers.RemoveAsync(_client, holder, ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _holders.DisposeAsync();
        foreach (var socket in _sockets.Values)
        {
            socket.Dispose();
        }

        try
        {
            await EngineLeftovers.RemoveEnvironmentAsync(_client, _environmentFolder, CancellationToken.None);
        }
        catch (IOException)
        {
            // The engine is gone; the next start removes what is left there.
        }

        _client.Dispose();
    }

    private async Task<Dictionary<string, EngineImage>> ImagesAsync(RuntimeTask task, CancellationToken ct)
    {
        var images = new Dictionary<string, EngineImage>();
        foreach (var name in task.Definition.ContainerDefinitions.Select(container => container.Image).Distinct())
        {
            // Inferred: users report these texts of Fargate, AWS documents the prefix only.
            // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
            images[name] = await EngineImage.FindAsync(_client, name, ct) is { } image
                ? image
                : throw new TaskStartException($"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {name}: not found");
            if (images[name].Mismatch(task.Definition.RuntimePlatform) is { } mismatch)
            {
                throw new TaskStartException($"CannotPullContainerError: pull image manifest has been retried 1 time(s): {mismatch}");
            }
        }

        return images;
    }

    private async Task MakeVolumesAsync(RuntimeTask task, EngineTask prepared, CancellationToken ct)
    {
        var seeds = new Dictionary<EngineImage, string>();
        try
        {
            var volumes = new Dictionary<string, (string Container, string Path)?>();
            foreach (var volume in task.BindVolumes)
            {
                // Which of two images wins is not stated by AWS; here the first in start order does (inferred).
                var (container, path) = task.PlacesOf(volume.Name).FirstOrDefault(place => prepared.ImageOf(place.Container).Volumes.Contains(place.Path));
                if (container is null)
                {
                    volumes[volume.Name] = null;
                    continue;
                }

                var image = prepared.ImageOf(container);
                seeds[image] = seeds.GetValueOrDefault(image) ?? await CreateAsync(EngineContainerSpec.Seed(task, image, _environmentFolder, _storage.VolumesOf(task.TaskId)), ct);
                volumes[volume.Name] = (seeds[image], path);
            }

            if (seeds.Count > 0)
            {
                await EngineWords.AskAsync(() => VolumeSeed.WriteAsync(_client, seeds.Values.First(), EngineContainerSpec.VolumesFolder, volumes, ct));
            }
            else if (IsRoot)
            {
                foreach (var volume in volumes.Keys)
                {
                    var folder = _storage.VolumeFolder(task.TaskId, volume);
                    Directory.CreateDirectory(folder);
                    LinuxCalls.Chmod(folder, BindVolume.Default.Mode);
                }
            }
            else if (volumes.Count > 0)
            {
                await EngineWords.AskAsync(() => VolumeSeed.WriteAsync(_client, prepared.Holder!, VolumesInHolder(task, prepared), volumes, ct));
            }
        }
        finally
        {
            foreach (var seed in seeds.Values)
            {
                await EngineLeftovers.RemoveAsync(_client, seed, CancellationToken.None);
            }
        }
    }

    private string VolumesInHolder(RuntimeTask task, EngineTask prepared) => prepared.HasOwnHolder
        ? EngineContainerSpec.VolumesFolder
        : $"{EngineContainerSpec.VolumesFolder}/{Path.GetRelativePath(_storage.TasksFolder, _storage.VolumesOf(task.TaskId))}";

    // Fargate's words for a network that cannot be set up are others, as its network is.
    private static TaskStartException NoNetwork(string reason) => new($"ResourceInitializationError: the task's network could not be set up: {reason}");

    private async Task<string> CreateAsync(CreateContainerParameters parameters, CancellationToken ct) =>
        (await EngineWords.AskAsync(() => _client.Containers.CreateContainerAsync(parameters, ct))).ID;

    private void Open(string name, int port, string listen)
    {
        _sockets.GetOrAdd(name, added => new(Path.Combine(SocketsFolder, added), port));
        _holders.Forward(name, listen);
    }

    /// <summary>What a task has in the engine.</summary>
    private sealed class EngineTask(IReadOnlyDictionary<string, EngineImage> images)
    {
        public ConcurrentDictionary<string, string> Containers { get; } = new();

        public string? Holder { get; set; }

        /// <summary>Whether the holder was made for this task, with no volumes but the task's.</summary>
        public bool HasOwnHolder { get; set; }

        public long ImageBytes => images.Values.DistinctBy(image => image.Id).Sum(image => image.Bytes);

        public EngineImage ImageOf(ContainerDefinition container) => images[container.Image];
    }
}
