using System.Text.Json.Nodes;
using Tidepool.Deployment.Aws;
using Tidepool.Storage.Probes;
using Tidepool.Tasks;

namespace Tidepool.Deployment.Verification;

/// <summary>Does what one probe says, through the ECS API alone, and gathers the evidence.</summary>
internal sealed class ProbeRun(VerificationPlace place, ProbeSetting setting, EcsClient ecs, IProbeLines lines, Belongings belongings, TimeProvider clock)
{
    private readonly Dictionary<RegisterTaskDefinitionRequest, string> _registered = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, (string Arn, ProbeTask Task)> _tasks = [];
    private readonly Dictionary<string, TaskEvidence> _evidence = [];
    private readonly Dictionary<string, string?> _registrations = [];
    private readonly Dictionary<string, string> _snapshots = new(setting.Snapshot is { } prepared ? [new(ProbeSetting.PreparedSnapshot, prepared.Id)] : []);

    private IReadOnlyList<EcsTag> Tags => [new("tidepool:verify-storage", setting.Id)];

    /// <summary>Takes every step; evidence of those before a failed start is answered all the same.</summary>
    public async Task<ProbeEvidence> RunAsync(IReadOnlyList<ProbeStep> steps, CancellationToken ct)
    {
        foreach (var step in steps)
        {
            await TakeAsync(step, ct);
            if (_evidence.Values.Any(task => task.StopCode is "TaskFailedToStart"))
            {
                break;
            }
        }

        return new() { Tasks = _evidence, Registrations = _registrations, Snapshots = _snapshots };
    }

    private Task TakeAsync(ProbeStep step, CancellationToken ct) => step switch
    {
        RunToEnd(var tasks) => Task.WhenAll(tasks.Select(async task =>
        {
            await StartAsync(task, ct);
            await EndAsync(task.Key, ct);
        })),
        StartTasks(var tasks) => Task.WhenAll(tasks.Select(async task =>
        {
            await StartAsync(task, ct);
            await ReadyAsync(task.Key, ct);
        })),
        StopTasks(var keys) => Task.WhenAll(keys.Select(async key =>
        {
            await ecs.StopTaskAsync(belongings.Cluster, _tasks[key].Arn, "The probe has seen what it wanted.", ct);
            await EndAsync(key, ct);
        })),
        ReplaceTask(var task, var replacement) => ServeAsync(
            task,
            async (service, first) =>
            {
                await ecs.StopTaskAsync(belongings.Cluster, first, "The probe wants it replaced.", ct);
                await EndAsync(task.Key, ct);
                await ServiceTaskAsync(service, task with { Key = replacement }, first, ct);
            },
            [replacement],
            ct),
        ServeTask(var task) => ServeAsync(task, (_, _) => Task.CompletedTask, [task.Key], ct),
        ScaleService(var task, var second) => ServeAsync(
            task,
            async (service, first) =>
            {
                await ecs.UpdateServiceAsync(belongings.Cluster, service, new() { DesiredCount = 2 }, ct);
                await ServiceTaskAsync(service, task with { Key = second }, first, ct);
            },
            [task.Key, second],
            ct),
        DeployRevision(var task, var next) => ServeAsync(
            task,
            async (service, first) =>
            {
                await ecs.UpdateServiceAsync(belongings.Cluster, service, new() { TaskDefinition = await RegisteredAsync(next.Definition, ct) }, ct);
                await ServiceTaskAsync(service, next, first, ct);
            },
            [task.Key, next.Key],
            ct),
        TakeSnapshot(var task, var key) => SnapshotAsync(task, key, ct),
        RegisterOnly(var key, var definition) => RegisterOnlyAsync(key, definition, ct),
        _ => throw new InvalidOperationException($"Unhandled {nameof(ProbeStep)} {step}."),
    };

    private async Task StartAsync(ProbeTask task, CancellationToken ct)
    {
        var launch = await LaunchAsync(task, ct);
        var arn = await ecs.RunTaskAsync(belongings.Cluster, launch with { StartedBy = setting.Id, ClientToken = $"{Guid.NewGuid()}" }, ct);
        belongings.AddTask(arn);
        lock (_tasks)
        {
            _tasks[task.Key] = (arn, task);
        }
    }

    // A service of one task; the keys are those of the tasks that its end stops.
    private async Task ServeAsync(ProbeTask task, Func<string, string, Task> then, IReadOnlyList<string> last, CancellationToken ct)
    {
        var service = task.Definition.Family;
        belongings.AddService(service);
        await ecs.CreateServiceAsync(belongings.Cluster, service, await LaunchAsync(task, ct), ct);
        await then(service, await ServiceTaskAsync(service, task, besides: null, ct));
        await ecs.DeleteServiceAsync(belongings.Cluster, service, ct);
        belongings.ForgetService(service);
        await Task.WhenAll(last.Select(key => EndAsync(key, ct)));
    }

    // Waits until the service has started a task, and until that is ready.
    private async Task<string> ServiceTaskAsync(string service, ProbeTask task, string? besides, CancellationToken ct)
    {
        var arn = await UntilAsync(
            async () => (await ecs.ListTasksAsync(belongings.Cluster, service, stopped: false, ct)).FirstOrDefault(found => found != besides),
            $"service {service} started no task",
            ct);
        belongings.AddTask(arn);
        _tasks[task.Key] = (arn, task);
        await ReadyAsync(task.Key, ct);
        return arn;
    }

    private async Task RegisterOnlyAsync(string key, RegisterTaskDefinitionRequest definition, CancellationToken ct)
    {
        var (arn, refusal) = await ecs.TryRegisterAsync(definition with { Tags = Tags }, ct);
        if (arn is not null)
        {
            belongings.AddDefinition(arn);
        }

        _registrations[key] = refusal;
    }

    private async Task<TaskLaunch> LaunchAsync(ProbeTask task, CancellationToken ct) =>
        new(await RegisteredAsync(task.Definition, ct), place.Network, Tags, task.Volume is null ? null : Volumes(task.Volume));

    private async Task<string> RegisteredAsync(RegisterTaskDefinitionRequest definition, CancellationToken ct)
    {
        lock (_registered)
        {
            if (_registered.TryGetValue(definition, out var known))
            {
                return known;
            }
        }

        var (arn, refusal) = await ecs.TryRegisterAsync(definition with { Tags = Tags }, ct);
        if (arn is null)
        {
            throw new ProblemException("VERIFY003", $"ECS refused the task definition of a probe: {refusal}", "Mend what it says: image, role or size; see docs/verify-storage.md.");
        }

        belongings.AddDefinition(arn);
        lock (_registered)
        {
            return _registered[definition] = arn;
        }
    }

    // The service's form has no terminationPolicy.
    private JsonArray Volumes(ProbeEbsVolume volume)
    {
        var managed = new JsonObject
        {
            ["roleArn"] = setting.InfrastructureRoleArn,
            ["volumeType"] = "gp3",
            ["sizeInGiB"] = ProbeEbsVolume.SizeInGiB,
            ["tagSpecifications"] = new JsonArray(new JsonObject
            {
                ["resourceType"] = "volume",
                ["tags"] = new JsonArray([.. Tags.Select(tag => new JsonObject { ["key"] = tag.Key, ["value"] = tag.Value })]),
            }),
        };
        if (volume.Snapshot is { } snapshot)
        {
            managed["snapshotId"] = _snapshots[snapshot];
        }

        if (volume.Keep)
        {
            managed["terminationPolicy"] = new JsonObject { ["deleteOnTermination"] = false };
        }

        return [new JsonObject { ["name"] = volume.Name, ["managedEBSVolume"] = managed }];
    }

    private async Task SnapshotAsync(string task, string key, CancellationToken ct)
    {
        var volume = _evidence[task].Volume?.VolumeId ?? throw new ProbeTimeoutException($"ECS names no volume of task {_evidence[task].TaskArn}");
        _snapshots[key] = await place.Volumes!.SnapshotAsync(volume, setting.Id, belongings.AddOfEbs, ct);
    }

    // A volume is deleted a while after its task has stopped.
    private async Task<string?> StateAsync(string volume, bool isKept, CancellationToken ct)
    {
        if (place.Volumes is null)
        {
            return null;
        }

        var since = clock.GetTimestamp();
        while (true)
        {
            var state = await place.Volumes.StateAsync(volume, ct);
            if (isKept || state is "deleting" or "deleted" || clock.GetElapsedTime(since) > lines.Lateness)
            {
                return state;
            }

            await Task.Delay(place.Poll, clock, ct);
        }
    }

    private async Task<EbsEvidence?> VolumeAsync(ProbeTask task, EcsTask stopped, CancellationToken ct)
    {
        var attachment = stopped.Attachments?.FirstOrDefault(attachment => attachment.Type is "AmazonElasticBlockStorage");
        if (attachment?.Details?.FirstOrDefault(detail => detail.Name is "volumeId")?.Value is not { } id)
        {
            return null;
        }

        if (task.Volume is { Keep: true })
        {
            belongings.AddOfEbs(id);
        }

        return new(id, attachment.Status, await StateAsync(id, task.Volume is { Keep: true }, ct));
    }

    // Every essential container waits, or the task has ended before.
    private async Task ReadyAsync(string key, CancellationToken ct)
    {
        var (arn, task) = _tasks[key];
        await UntilAsync(
            async () =>
            {
                var described = await DescribeAsync(arn, ct);
                if (described.LastStatus is not "RUNNING")
                {
                    return described.LastStatus is "STOPPED" ? described : null;
                }

                foreach (var container in task.Definition.ContainerDefinitions.Where(container => container.Essential is not false))
                {
                    if (!new ContainerEvidence(null, await lines.ReadAsync(described.TaskId, container.Name, ct)).IsReady)
                    {
                        return null;
                    }
                }

                return described;
            },
            $"task {arn} was not ready",
            ct);
    }

    private async Task EndAsync(string key, CancellationToken ct)
    {
        var (arn, task) = _tasks[key];
        var stopped = await UntilAsync(
            async () => await DescribeAsync(arn, ct) is { LastStatus: "STOPPED" } described ? described : null, $"task {arn} did not stop", ct);
        belongings.ForgetTask(arn);
        var containers = new Dictionary<string, ContainerEvidence>();
        foreach (var container in task.Definition.ContainerDefinitions)
        {
            containers[container.Name] = await ReadAsync(stopped, container.Name, ct);
        }

        var evidence = new TaskEvidence
        {
            TaskArn = arn,
            StopCode = stopped.StopCode,
            StoppedReason = stopped.StoppedReason,
            StartedAt = stopped.StartedAt,
            StoppingAt = stopped.StoppingAt,
            ExecutionStoppedAt = stopped.ExecutionStoppedAt,
            StoppedAt = stopped.StoppedAt,
            Containers = containers,
            Volume = task.Volume is null ? null : await VolumeAsync(task, stopped, ct),
        };
        lock (_evidence)
        {
            _evidence[key] = evidence;
        }
    }

    // The last lines may come after the container's end; a killed one has none that says so.
    private async Task<ContainerEvidence> ReadAsync(EcsTask task, string name, CancellationToken ct)
    {
        var exitCode = task.Containers?.FirstOrDefault(container => container.Name == name)?.ExitCode;
        var since = clock.GetTimestamp();
        while (true)
        {
            var evidence = new ContainerEvidence(exitCode, await lines.ReadAsync(task.TaskId, name, ct));
            if (evidence.IsComplete || exitCode is null || (exitCode is 137 && evidence.Lines.Count > 0) || clock.GetElapsedTime(since) > lines.Lateness)
            {
                return evidence;
            }

            await Task.Delay(place.Poll, clock, ct);
        }
    }

    private async Task<EcsTask> DescribeAsync(string arn, CancellationToken ct) =>
        await ecs.DescribeTasksAsync(belongings.Cluster, [arn], ct) is [var task]
            ? task
            : throw new ProbeTimeoutException($"ECS has forgotten task {arn}");

    private async Task<T> UntilAsync<T>(Func<Task<T?>> look, string otherwise, CancellationToken ct) where T : class
    {
        var since = clock.GetTimestamp();
        while (true)
        {
            if (await look() is { } found)
            {
                return found;
            }

            if (clock.GetElapsedTime(since) > place.Limit)
            {
                throw new ProbeTimeoutException($"{otherwise} within {place.Limit.TotalMinutes:0.#} min");
            }

            await Task.Delay(place.Poll, clock, ct);
        }
    }
}

/// <summary>What a probe waited for did not come.</summary>
internal sealed class ProbeTimeoutException(string message) : Exception(message);
