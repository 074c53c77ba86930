using System.Collections.Concurrent;
using Tidepool.Fargate.Runtimes;
using Tidepool.Storage;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>Does for one task what its life cycle decides: secrets, volumes, processes, logs, removal.</summary>
internal sealed class TaskRunner(FargateParts parts, string taskArn, TaskDefinition definition)
{
    private readonly ConcurrentDictionary<string, SandboxContainer> _containers = new();
    private readonly Dictionary<string, string> _runtimeIds = [];
    private readonly Dictionary<string, string> _metadataPaths = [];

    private string TaskId => EcsArns.NameOf(taskArn);

    /// <summary>The volumes, as they were made and, when they are gone, last seen.</summary>
    public IReadOnlyList<VolumeFacts> Volumes { get; private set; } = [];

    /// <summary>Reads secrets, looks images up, makes volumes; answers why the task cannot start, or null.</summary>
    public async Task<string?> PrepareAsync(CancellationToken ct)
    {
        if (definition.ContainerDefinitions.SelectMany(container => container.Secrets)
            .FirstOrDefault(secret => !parts.Options.Secrets.ContainsKey(secret.ValueFrom)) is { } missing)
        {
            return MissingSecret(missing.ValueFrom);
        }

        if (definition.ContainerDefinitions.FirstOrDefault(container => ImageDescription.Find(container.Image) is null) is { } unknown)
        {
            return $"CannotPullContainerError: the sandbox runtime cannot run {unknown.Image}; it runs Tidepool's own agent image only.";
        }

        foreach (var container in definition.ContainerDefinitions)
        {
            _runtimeIds[container.Name] = EcsArns.NewRuntimeId(TaskId);
            _metadataPaths[container.Name] = parts.Metadata.Add(taskArn, container.Name);
        }

        try
        {
            var volumes = definition.Volumes.Where(volume => volume.IsBind).ToArray();
            await parts.Storage.MakeAsync(
                [
                    .. volumes.Select(volume => new TaskDirectory(
                        parts.Storage.VolumeFolder(TaskId, volume.Name), BindVolume.OwnerOf(MountsOf(volume.Name)))),
                    .. definition.ContainerDefinitions.SelectMany(container =>
                        parts.Storage.Layer(TaskId, container.Name, UserOf(container) ?? ImageDescription.Agent.UserOf(null)!)),
                ],
                ct);
            Volumes = [.. volumes.Select(volume => parts.Storage.Describe(TaskId, volume.Name))];
            foreach (var volume in Volumes)
            {
                parts.Journal.Volume(taskArn, volume.HostPath);
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"CannotCreateVolumeError: {e.Message}";
        }
    }

    /// <summary>Starts a container.</summary>
    /// <exception cref="IOException">Its program could not be started; holds the reason.</exception>
    public async Task<SandboxContainer> StartAsync(string name, CancellationToken ct)
    {
        var container = definition.ContainerDefinitions.First(container => container.Name == name);
        var user = UserOf(container) ?? throw new IOException($"unable to find user {container.User}: no matching entries in passwd file");
        var image = ImageDescription.Find(container.Image)!;
        var spec = new SandboxContainerSpec
        {
            RuntimeId = _runtimeIds[name],
            HostName = TaskId[..12],
            User = user,
            Command = (container.EntryPoint, container.Command) switch
            {
                (null or { Count: 0 }, null or { Count: 0 }) => image.Command,
                var (entryPoint, command) => [.. entryPoint ?? [], .. command ?? []],
            },
            WorkingDirectory = container.WorkingDirectory ?? (user.Uid == 0 ? "/root" : image.WorkingDirectory),
            Environment = EnvironmentOf(container, user),
            Mounts = [.. Mounts(container)],
            LayerFolder = parts.Storage.LayerFolder(TaskId, name),
            EtcFolder = parts.Storage.EtcFolder,
            AgentBinary = parts.Options.AgentBinary,
            ReadOnlyRoot = container.ReadonlyRootFilesystem is true,
            Init = container.LinuxParameters?.InitProcessEnabled is true,
            Capabilities =
            [
                .. (container.LinuxParameters?.Capabilities?.Add ?? []).Select(capability => $"+{capability.ToLowerInvariant()}"),
                .. (container.LinuxParameters?.Capabilities?.Drop ?? []).Select(capability => $"-{capability.ToLowerInvariant()}"),
            ],
        };

        var started = await parts.Sandbox.StartAsync(spec, new(LogFile(container), reason => parts.Notices.Report("LOGS_LOST", reason)), ct);
        _containers[name] = started;
        foreach (var process in new[] { started.Init, started.Monitor }.OfType<ProcessIdentity>())
        {
            parts.Journal.Started(process, taskArn, name);
        }

        return started;
    }

    /// <summary>Id of a container in the runtime; it stays the same over restarts in place.</summary>
    public string RuntimeIdOf(string name) => _runtimeIds[name];

    /// <summary>Sends the stop signal.</summary>
    public void Stop(string name) => _containers[name].Stop();

    /// <summary>Kills all processes of a container.</summary>
    public void Kill(string name) => _containers[name].Kill();

    /// <summary>Notes that a container's processes are gone.</summary>
    public void Forget(string name) => parts.Journal.Ended(taskArn, name);

    /// <summary>Removes volumes and writable layers; what cannot be removed is reported and left to a sweep.</summary>
    public async Task RemoveStorageAsync(CancellationToken ct)
    {
        try
        {
            Volumes = [.. Volumes.Select(volume => Directory.Exists(volume.HostPath) ? parts.Storage.Describe(TaskId, volume.Name) : volume)];
            await parts.Storage.RemoveAsync(TaskId, ct);
            parts.Journal.VolumesRemoved(taskArn);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            parts.Notices.Report("STORAGE_LEFT", e.Message);
        }

        Volumes = [.. Volumes.Select(volume => volume with { Removed = !Directory.Exists(volume.HostPath) })];
        parts.Metadata.Remove(taskArn);
    }

    /// <summary>The file of a container's log; null when it has none.</summary>
    public string? LogFile(ContainerDefinition container) => container.LogConfiguration is null
        ? null
        : Path.Combine(
            [
                parts.Options.EnvironmentFolder,
                "logs",
                .. (container.LogConfiguration.Options?.GetValueOrDefault("awslogs-stream-prefix") ?? container.LogConfiguration.LogDriver)
                    .Split('/').Select(segment => segment is "" or "." or ".." ? "_" : segment),
                container.Name,
                TaskId,
            ]);

    private static ImageUser? UserOf(ContainerDefinition container) => ImageDescription.Find(container.Image)?.UserOf(container.User);

    // The tail is from memory of real messages; the prefix is what users report.
    private static string MissingSecret(string valueFrom) =>
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
        + (valueFrom.Contains(":secretsmanager:", StringComparison.Ordinal)
            ? $"unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret {valueFrom} "
                + "from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret."
            : $"unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: {valueFrom}");

    private Dictionary<string, string> EnvironmentOf(ContainerDefinition container, ImageUser user)
    {
        var variables = new Dictionary<string, string>
        {
            ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ["HOSTNAME"] = TaskId[..12],
            ["HOME"] = user.Home,
        };
        foreach (var variable in container.Environment.Where(variable => !string.IsNullOrEmpty(variable.Name)))
        {
            variables[variable.Name!] = variable.Value ?? "";
        }

        foreach (var secret in container.Secrets)
        {
            variables[secret.Name] = parts.Options.Secrets[secret.ValueFrom];
        }

        variables["AWS_EXECUTION_ENV"] = "AWS_ECS_FARGATE";
        variables["AWS_REGION"] = parts.Options.Region;
        variables["AWS_DEFAULT_REGION"] = parts.Options.Region;
        variables["ECS_AGENT_URI"] = parts.Metadata.AgentUri(_metadataPaths[container.Name]);
        variables["ECS_CONTAINER_METADATA_URI"] = parts.Metadata.Uri(3, _metadataPaths[container.Name]);
        variables["ECS_CONTAINER_METADATA_URI_V4"] = parts.Metadata.Uri(4, _metadataPaths[container.Name]);
        return variables;
    }

    private IEnumerable<(string ContainerPath, IReadOnlyList<ImageVolume> ImageVolumes)> MountsOf(string volume) =>
        definition.ContainerDefinitions.SelectMany(container => container.MountPoints
            .Where(mount => mount.SourceVolume == volume)
            .Select(mount => (mount.ContainerPath!, ImageDescription.Find(container.Image)!.Volumes)));

    private IEnumerable<SandboxMount> Mounts(ContainerDefinition container)
    {
        foreach (var mount in container.MountPoints)
        {
            yield return new(parts.Storage.VolumeFolder(TaskId, mount.SourceVolume!), mount.ContainerPath!, mount.ReadOnly is true);
        }

        foreach (var from in container.VolumesFrom)
        {
            foreach (var mount in Mounts(definition.ContainerDefinitions.First(other => other.Name == from.SourceContainer)))
            {
                yield return mount with { ReadOnly = mount.ReadOnly || from.ReadOnly is true };
            }
        }
    }
}
