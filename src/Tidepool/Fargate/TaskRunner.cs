using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Tidepool.Fargate.Metadata;
using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Upstream;
using Tidepool.Fargate.Volumes;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>Does for one task what its life cycle decides: secrets, volumes, processes, logs, removal.</summary>
internal sealed class TaskRunner(FargateParts parts, string taskArn, TaskDefinition definition, TaskEbsVolume? ebsVolume)
{
    private const string MetadataVariable = "ECS_CONTAINER_METADATA_URI_V4";

    private readonly ConcurrentDictionary<string, IRunningContainer> _containers = new();
    private readonly Dictionary<string, string> _metadataPaths = [];
    private readonly TaskLogs _logs = new(parts.Upstream, parts.Clock, reason => parts.Notices.Report("LOGS_LOST", reason));
    private readonly List<AttachedVolume> _attached = [];
    private string? _credentialsPath;
    private IReadOnlyDictionary<string, string> _secrets = new Dictionary<string, string>();
    private IReadOnlyDictionary<string, IReadOnlyList<KeyValuePair<string, string>>> _files = new Dictionary<string, IReadOnlyList<KeyValuePair<string, string>>>();
    private RuntimeTask _task = new(taskArn, definition) { RuntimeIds = new Dictionary<string, string>(), EbsVolume = ebsVolume };

    private string TaskId => _task.TaskId;

    /// <summary>The volumes, as they were made and, when they are gone, last seen.</summary>
    public IReadOnlyList<VolumeFacts> Volumes { get; private set; } = [];

    /// <summary>The volumes of other kinds than bind mounts, as they were attached.</summary>
    public IReadOnlyList<VolumeFacts> Attached { get; private set; } = [];

    /// <summary>What the runtime made for the task; null before <see cref="PrepareAsync"/> has.</summary>
    public PreparedTask? Prepared { get; private set; }

    /// <summary>Why the EBS volume could not be attached; null when it was, or was not tried yet.</summary>
    public string? AttachFailure { get; private set; }

    /// <summary>Reads secrets, looks images up, makes volumes; answers why the task cannot start, or null.</summary>
    public async Task<string?> PrepareAsync(CancellationToken ct)
    {
        _task = _task with { RuntimeIds = definition.ContainerDefinitions.ToDictionary(container => container.Name, _ => EcsArns.NewRuntimeId(TaskId)) };
        foreach (var container in definition.ContainerDefinitions)
        {
            _metadataPaths[container.Name] = parts.Metadata.Add(taskArn, container.Name);
        }

        _credentialsPath = definition.TaskRoleArn is { Length: > 0 } role ? parts.Credentials.Add(taskArn, role) : null;

        try
        {
            _secrets = await parts.Secrets.ReadAsync(definition, ct);
            _files = await parts.EnvironmentFiles.ReadAsync(definition, ct);
            await _logs.OpenAsync(definition, TaskId, ct);
            await parts.Disks.AttachAsync(TaskId, definition.EphemeralStorage?.SizeInGiB ?? TaskDisks.DefaultGiB, ct);
            await AttachAsync(ct);
            await parts.Runtime.PrepareAsync(_task, ct);
            ReserveImages();
            Prepared = await parts.Runtime.DescribeAsync(_task, ct);
            Volumes = [.. _task.BindVolumes.Select(volume => TaskStorage.Describe(parts.Storage.VolumeFolder(TaskId, volume.Name), volume.Name, parts.Runtime.Owners))];
            foreach (var volume in Volumes)
            {
                parts.Journal.Volume(taskArn, volume.HostPath);
            }

            return null;
        }
        catch (TaskStartException e)
        {
            return e.Message;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"CannotCreateVolumeError: {e.Message}";
        }
    }

    /// <summary>Starts a container.</summary>
    /// <exception cref="IOException">Its program could not be started; holds the reason.</exception>
    public async Task<IRunningContainer> StartAsync(string name, CancellationToken ct)
    {
        var container = definition.ContainerDefinitions.First(container => container.Name == name);
        var log = new ContainerLog(LogFile(container), _logs.Of(name), reason => parts.Notices.Report("LOGS_LOST", reason));
        var started = await parts.Runtime.StartAsync(_task, container, EnvironmentOf(container), log, ct);
        _containers[name] = started;
        foreach (var process in started.Processes)
        {
            parts.Journal.Started(process, taskArn, name);
        }

        return started;
    }

    /// <summary>The first process of a container; null when it does not run.</summary>
    public async Task<int?> FindProcessAsync(string name, CancellationToken ct) =>
        _containers.TryGetValue(name, out var container)
            ? ContainerProcess.Find(await container.FindProcessAsync(ct), $"{MetadataVariable}={EndpointUri($"/v4/{_metadataPaths[name]}")}")
            : null;

    /// <summary>Id of a container in the runtime; it stays the same over restarts in place.</summary>
    public string RuntimeIdOf(string name) => _task.RuntimeIds[name];

    /// <summary>Statistics of a container as Docker spells them; null when it does not run.</summary>
    public async Task<JsonObject?> StatsAsync(string name, CancellationToken ct)
    {
        if (!_containers.TryGetValue(name, out var container) || await container.StatsAsync(ct) is not { } stats)
        {
            return null;
        }

        (stats["name"], stats["id"]) = (name, RuntimeIdOf(name));
        return stats;
    }

    /// <summary>Runs a container's health check; null when what runs the container does not answer.</summary>
    public async Task<CommandEnd?> CheckHealthAsync(string name, CancellationToken ct)
    {
        var check = definition.ContainerDefinitions.First(container => container.Name == name).HealthCheck!;
        try
        {
            return await _containers[name].ExecuteAsync(check.Program, FargateTimes.HealthTimeout(check), ct);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Sends the stop signal.</summary>
    public void Stop(string name) => _containers[name].Stop();

    /// <summary>Kills all processes of a container.</summary>
    public void Kill(string name) => _containers[name].Kill();

    /// <summary>Notes that a container's processes are gone.</summary>
    public void Forget(string name) => parts.Journal.Ended(taskArn, name);

    /// <summary>Removes volumes and writable layers; what cannot be removed is reported and left to a sweep.</summary>
    public async Task RemoveStorageAsync(CancellationToken ct)
    {
        await _logs.CompleteAsync(ct);
        try
        {
            Volumes = [.. Volumes.Select(volume => Directory.Exists(volume.HostPath) ? TaskStorage.Describe(volume.HostPath, volume.Name, parts.Runtime.Owners) : volume)];
            await parts.Runtime.RemoveAsync(_task, ct);
            await DetachAsync(ct);
            await parts.Disks.RemoveAsync(TaskId, ct);
            parts.Journal.VolumesRemoved(taskArn);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            parts.Notices.Report("STORAGE_LEFT", e.Message);
        }

        Volumes = [.. Volumes.Select(volume => volume with { Removed = !Directory.Exists(volume.HostPath) })];
        parts.Metadata.Remove(taskArn);
        parts.Credentials.Remove(taskArn);
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

    // The words are reported by users of Fargate, whose images were too large for the disk; AWS documents the prefix.
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
    private void ReserveImages()
    {
        if (!parts.Disks.TryReserve(TaskId, parts.Runtime.ImageBytesOf(_task)))
        {
            throw new TaskStartException("CannotPullContainerError: ref pull has been retried 1 time(s): failed to extract layer: no space left on device");
        }
    }

    private async Task AttachAsync(CancellationToken ct)
    {
        foreach (var volume in definition.Volumes)
        {
            if (parts.VolumeKinds.FirstOrDefault(kind => kind.Has(volume)) is { } kind)
            {
                try
                {
                    _attached.Add(await kind.AttachAsync(volume, _task, ct));
                }
                catch (Exception e) when (volume.Name == ebsVolume?.Order.Name && e is TaskStartException or IOException or UnauthorizedAccessException)
                {
                    AttachFailure = e.Message;
                    throw;
                }
            }
        }

        Attached = [.. _attached.Select(attached => TaskStorage.Describe(attached.Folder, attached.Volume.Name, parts.Runtime.Owners))];
        _task = _task with { AttachedFolders = _attached.ToDictionary(attached => attached.Volume.Name, attached => attached.Folder) };
    }

    // What could not be detached is tried again by no one but a sweep.
    private async Task DetachAsync(CancellationToken ct)
    {
        foreach (var attached in _attached)
        {
            await attached.Kind.DetachAsync(attached, ct);
        }

        _attached.Clear();
    }

    private Dictionary<string, string> EnvironmentOf(ContainerDefinition container)
    {
        var variables = new Dictionary<string, string>();

        // Of several files that have a variable the last one has its value, as with Docker (inferred); what the definition says goes before all.
        foreach (var (name, value) in container.EnvironmentFiles.SelectMany(file => _files[file.Value]))
        {
            variables[name] = value;
        }

        foreach (var variable in container.Environment.Where(variable => !string.IsNullOrEmpty(variable.Name)))
        {
            variables[variable.Name!] = variable.Value ?? "";
        }

        foreach (var secret in container.Secrets)
        {
            variables[secret.Name] = _secrets[secret.ValueFrom];
        }

        variables["AWS_EXECUTION_ENV"] = "AWS_ECS_FARGATE";
        variables["AWS_REGION"] = parts.Options.Region;
        variables["AWS_DEFAULT_REGION"] = parts.Options.Region;
        variables["ECS_AGENT_URI"] = EndpointUri($"/api/{_metadataPaths[container.Name]}");
        variables["ECS_CONTAINER_METADATA_URI"] = EndpointUri($"/v3/{_metadataPaths[container.Name]}");
        variables[MetadataVariable] = EndpointUri($"/v4/{_metadataPaths[container.Name]}");
        if (_credentialsPath is { } path)
        {
            // Where the address is another than AWS's own, software development kits want all of it, and take it on loopback only.
            // https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
            variables[parts.MetadataAddress == TaskCredentials.AddressOnAws ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" : "AWS_CONTAINER_CREDENTIALS_FULL_URI"] =
                parts.MetadataAddress == TaskCredentials.AddressOnAws ? path : EndpointUri(path);
        }

        return variables;
    }

    private string EndpointUri(string path) => $"{parts.MetadataAddress}{path}";
}
