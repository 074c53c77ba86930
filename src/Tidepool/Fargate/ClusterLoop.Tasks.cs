using System.Collections.Concurrent;
using System.ComponentModel;
using System.Globalization;
using Tidepool.Fargate.Volumes;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

internal sealed partial class ClusterLoop
{
    private static readonly TimeSpan StoppedTasksStay = TimeSpan.FromHours(1);
    private static readonly TimeSpan ForgetPeriod = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, TaskRunner> _runners = new();

    // The tasks that changed since they were looked at, and when time alone may bring a step to others. Looking at every task for each change
    // of one would cost more for each the more there are.
    private readonly HashSet<string> _changed = [];
    private readonly Dictionary<string, DateTimeOffset> _wakes = [];
    private DateTimeOffset _forgetAt;
    private long _started;

    /// <summary>What runs a task that is there.</summary>
    public TaskRunner RunnerOf(string taskArn) => _runners[taskArn];

    /// <summary>Makes a task. Only in the loop.</summary>
    public EcsTask StartTask(TaskOrder order)
    {
        var definition = order.Definition;
        var taskId = EcsArns.NewTaskId();
        var arn = _parts.Arns.EcsTask(Name, taskId);
        var containers = definition.ContainerDefinitions.Select(container => new ContainerLife(
            container,
            new()
            {
                ContainerArn = _parts.Arns.Container(Name, taskId),
                TaskArn = arn,
                Name = container.Name,
                Image = container.Image,
                Cpu = $"{container.Cpu}",
                Memory = container.Memory?.ToString(CultureInfo.InvariantCulture),
                MemoryReservation = container.MemoryReservation?.ToString(CultureInfo.InvariantCulture),
            })).ToArray();
        var task = new EcsTask
        {
            TaskArn = arn,
            ClusterArn = _cluster.ClusterArn,
            TaskDefinitionArn = definition.TaskDefinitionArn,
            Containers = [.. containers.Select(container => container.Container)],
            Group = order.Group,
            StartedBy = order.StartedBy,
            CapacityProviderName = order.CapacityProvider,
            EnableExecuteCommand = order.EnableExecuteCommand,
            Tags = order.Tags,
            Overrides = (order.Overrides ?? new()) with
            {
                ContainerOverrides =
                [
                    .. containers.Select(container =>
                        order.Overrides?.ContainerOverrides.LastOrDefault(entry => entry.Name == container.Definition.Name)
                            ?? new() { Name = container.Definition.Name }),
                ],
            },
            Attributes = [new("ecs.cpu-architecture", definition.RuntimePlatform?.CpuArchitecture is "ARM64" ? "arm64" : "x86_64")],
            Cpu = $"{TaskSize.ParseCpu(definition.Cpu ?? "")}",
            Memory = $"{TaskSize.ParseMemory(definition.Memory ?? "")}",
            AvailabilityZone = $"{_parts.Options.Region}a",
            EphemeralStorage = definition.EphemeralStorage ?? new(TaskDisks.DefaultGiB),
            FargateEphemeralStorage = new(
                definition.EphemeralStorage?.SizeInGiB ?? TaskDisks.DefaultGiB,
                Cluster.Configuration?.ManagedStorageConfiguration?.FargateEphemeralStorageKmsKeyId),
            Attachments = [EcsAttachment.NewInterface(order.Network.AwsvpcConfiguration?.Subnets.FirstOrDefault())],
        };
        var ebs = order.EbsVolume is { } ordered ? new TaskEbsVolume(EbsStore.NewVolumeId(), $"{Guid.NewGuid():D}", ordered) : null;
        _runners[arn] = new(_parts, arn, definition, ebs);
        Store(
            null,
            new(task, definition, [.. containers], _parts.Clock.GetUtcNow()) { Service = order.Service, Order = _started++, EbsVolume = ebs });
        return _tasks[arn].Task;
    }

    /// <summary>Asks for a task's end. Only in the loop.</summary>
    public EcsTask StopTask(string arn, string code, string reason)
    {
        Update(arn, life => life.WithStop(code, reason));
        return _tasks[arn].Task;
    }

    /// <summary>Takes a task's capacity back. Only in the loop.</summary>
    /// <exception cref="ProblemException">It is not on Fargate Spot, or does not run.</exception>
    public EcsTask InterruptTask(string arn)
    {
        var task = _tasks[arn].Task;
        if (task.CapacityProviderName is not "FARGATE_SPOT")
        {
            throw new ProblemException(
                "FARGATE008",
                $"Task {task.TaskId} cannot be interrupted: it is on {task.CapacityProviderName ?? task.LaunchType}, whose capacity AWS does not take back.",
                "Start it with the capacity provider FARGATE_SPOT.");
        }

        if (task.LastStatus is not EcsTaskStatus.Running || !_tasks[arn].IsWanted)
        {
            throw new ProblemException(
                "FARGATE009",
                $"Task {task.TaskId} cannot be interrupted: it is {task.LastStatus} and is to be {task.DesiredStatus}.",
                "Interrupt a task that is RUNNING and not to stop.");
        }

        Update(arn, life => life.WithInterruption(_parts.Clock.GetUtcNow()));
        return _tasks[arn].Task;
    }

    /// <summary>Kills a container's processes as a crash would. Only in the loop.</summary>
    public bool Crash(string taskArn, string container)
    {
        if (!_tasks.TryGetValue(taskArn, out var life)
            || life.Containers.FirstOrDefault(other => other.Definition.Name == container) is not { Phase: ContainerPhase.Running })
        {
            return false;
        }

        _runners[taskArn].Kill(container);
        return true;
    }

    private bool ReconcileTasks(DateTimeOffset now)
    {
        var changed = false;
        _changed.UnionWith(_wakes.Where(wake => wake.Value <= now).Select(wake => wake.Key));
        foreach (var arn in _changed.OrderBy(arn => _tasks[arn].Order).ToArray())
        {
            while (TaskLifeCycle.Next(_tasks[arn], now, _times) is { } step)
            {
                changed = true;
                Store(_tasks[arn], step.Life);
                foreach (var effect in step.Effects)
                {
                    Run(arn, effect);
                }
            }

            _changed.Remove(arn);
            if (TaskLifeCycle.WakeAt(_tasks[arn], now, _times) is { } wakeAt)
            {
                _wakes[arn] = wakeAt;
            }
            else
            {
                _wakes.Remove(arn);
            }
        }

        return changed;
    }

    /// <summary>Lets go of tasks that stopped an hour ago: AWS describes them at least that long.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html</remarks>
    private void ForgetTasks(DateTimeOffset now)
    {
        if (now < _forgetAt)
        {
            return;
        }

        _forgetAt = now + ForgetPeriod;
        foreach (var arn in _tasks.Values.Where(life => life.IsStopped && life.Task.StoppedAt < now - StoppedTasksStay).Select(life => life.Task.TaskArn))
        {
            _tasks = _tasks.Remove(arn);
            _changed.Remove(arn);
            _runners.TryRemove(arn, out _);
        }
    }

    private void Update(string arn, Func<TaskLife, TaskLife> change) => Store(_tasks[arn], change(_tasks[arn]));

    private void Store(TaskLife? before, TaskLife after)
    {
        after = EbsAttachment.Shown(after);
        var shown = ReferenceEquals(before?.Task, after.Task) ? after : after with { Task = after.Task with { Version = after.Task.Version + 1 } };
        _tasks = _tasks.SetItem(shown.Task.TaskArn, shown);
        _changed.Add(shown.Task.TaskArn);
        if (before?.Task.LastStatus != shown.Task.LastStatus)
        {
            _parts.Journal.Task(shown.Task.TaskArn, shown.Task.LastStatus);
        }

        if (before is { Stop: null } && shown is { Stop: not null, Service: not null })
        {
            NoteStop(shown);
        }

        _parts.Changes.Add(TaskChanges.Between(before, shown, _parts.Clock.GetUtcNow()));
    }

    private void Run(string arn, TaskEffect effect)
    {
        var runner = _runners[arn];
        switch (effect)
        {
            case TaskEffect.Prepare:
                Follow(PrepareAsync(arn, runner));
                break;
            case TaskEffect.Start start:
                Follow(StartAsync(arn, runner, start.Container));
                break;
            case TaskEffect.CheckHealth check:
                Follow(CheckHealthAsync(arn, runner, check));
                break;
            case TaskEffect.Stop stop:
                runner.Stop(stop.Container);
                break;
            case TaskEffect.Kill kill:
                runner.Kill(kill.Container);
                break;
            case TaskEffect.RemoveStorage:
                Follow(RemoveStorageAsync(arn, runner));
                break;
            default:
                throw new InvalidOperationException($"Unhandled {nameof(TaskEffect)} {effect}.");
        }
    }

    // What an effect does not expect is a bug, and ends the loop.
    private void Follow(Task effect) => effect.ContinueWith(
        faulted => Post(() => faulted.GetAwaiter().GetResult()),
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    private void Observe(string arn, Func<TaskLife, TaskLife> change) => Post(() => Update(arn, change));

    private async Task PrepareAsync(string arn, TaskRunner runner)
    {
        var reason = await Task.Run(() => runner.PrepareAsync(_end.Token), _end.Token);
        Observe(arn, life => reason is null
            ? life.WithPrepared().WithPlace(runner.Prepared!, _parts.Options.Region)
            : (life with { AttachFailure = runner.AttachFailure }).WithPreparationFailed(reason));
    }

    private async Task StartAsync(string arn, TaskRunner runner, string container)
    {
        try
        {
            var process = await Task.Run(() => runner.StartAsync(container, _end.Token), _end.Token);
            var startedAt = _parts.Clock.GetUtcNow();
            Observe(arn, life => life.WithStarted(container, runner.RuntimeIdOf(container), startedAt));
            var end = await process.Ended;
            runner.Forget(container);
            Observe(arn, life => end.StartFailure is { } failure
                ? life.WithStartFailed(container, $"CannotStartContainerError: {failure}")
                : life.WithEnded(container, end.ExitCode, end.Reason, end.At, _times));
        }
        catch (Exception e) when (e is IOException or Win32Exception)
        {
            Observe(arn, life => life.WithStartFailed(container, $"CannotStartContainerError: {e.Message}"));
        }
    }

    private async Task CheckHealthAsync(string arn, TaskRunner runner, TaskEffect.CheckHealth check)
    {
        var end = await Task.Run(() => runner.CheckHealthAsync(check.Container, _end.Token), _end.Token);
        var at = _parts.Clock.GetUtcNow();
        Observe(arn, life => life.WithChecked(check.Container, check.Run, end, at));
    }

    private async Task RemoveStorageAsync(string arn, TaskRunner runner)
    {
        await Task.Run(() => runner.RemoveStorageAsync(_end.Token), _end.Token);
        Observe(arn, life => life.WithStorageGone());
    }
}
