using System.Text.Json;
using Tidepool.Fargate.Volumes;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

internal sealed partial class ClusterLoop
{
    private readonly Dictionary<string, TaskDefinition> _definitions = [];

    /// <summary>Makes a service. Only in the loop.</summary>
    public EcsService CreateService(CreateServiceRequest request, TaskDefinition definition)
    {
        if (_services.TryGetValue(request.ServiceName, out var existing) && !existing.IsGone)
        {
            throw new EcsException(EcsErrorType.InvalidParameterException, "Creation of service was not idempotent.");
        }

        Configured(definition, request.VolumeConfigurations);
        var now = _parts.Clock.GetUtcNow();
        Use(definition);
        _services = _services.SetItem(request.ServiceName, new ServiceState(new EcsService
        {
            ServiceArn = _parts.Arns.Service(Name, request.ServiceName),
            ServiceName = request.ServiceName,
            ClusterArn = Cluster.ClusterArn,
            DesiredCount = request.DesiredCount,
            TaskDefinition = definition.TaskDefinitionArn,
            DeploymentConfiguration = request.DeploymentConfiguration ?? new(),
            NetworkConfiguration = request.NetworkConfiguration,
            CreatedAt = now,
            LaunchType = request.CapacityProviderStrategy.Count > 0 ? null : request.LaunchType,
            CapacityProviderStrategy = request.CapacityProviderStrategy is { Count: > 0 } strategy ? strategy : null,
            PlatformVersion = request.PlatformVersion,
            HealthCheckGracePeriodSeconds = request.HealthCheckGracePeriodSeconds,
            AvailabilityZoneRebalancing = request.AvailabilityZoneRebalancing,
            EnableEcsManagedTags = request.EnableEcsManagedTags,
            PropagateTags = request.PropagateTags,
            EnableExecuteCommand = request.EnableExecuteCommand,
            Tags = request.Tags,
        }).WithDeployment(definition.TaskDefinitionArn, request.VolumeConfigurations, now));
        return _services[request.ServiceName].Service;
    }

    /// <summary>Changes a service. Only in the loop.</summary>
    public EcsService UpdateService(UpdateServiceRequest request, TaskDefinition? definition)
    {
        var state = ServiceOf(request.Service);
        if (!state.IsActive)
        {
            throw new EcsException(EcsErrorType.ServiceNotActiveException, "Service was not ACTIVE.");
        }

        var before = state.Service;
        if (request.CapacityProviderStrategy is { Count: > 0 } other
            && !other.SequenceEqual(before.CapacityProviderStrategy ?? [])
            && !request.ForceNewDeployment)
        {
            throw new EcsException(
                EcsErrorType.InvalidParameterException,
                "When switching from launch type to capacity provider strategy on an existing service, or making a change to a capacity provider "
                    + "strategy on a service that is already using one, you must force a new deployment.");
        }

        var volumes = request.VolumeConfigurations ?? state.Primary.VolumeConfigurations ?? [];
        if (request.VolumeConfigurations is not null || definition is not null)
        {
            Configured(definition ?? _definitions[before.TaskDefinition], volumes);
        }

        state = state with
        {
            Service = before with
            {
                DeploymentConfiguration = request.DeploymentConfiguration ?? before.DeploymentConfiguration,
                NetworkConfiguration = request.NetworkConfiguration ?? before.NetworkConfiguration,
                CapacityProviderStrategy = request.CapacityProviderStrategy is { Count: > 0 } strategy ? strategy : before.CapacityProviderStrategy,
                LaunchType = request.CapacityProviderStrategy is { Count: > 0 } ? null : before.LaunchType,
                PlatformVersion = request.PlatformVersion ?? before.PlatformVersion,
                HealthCheckGracePeriodSeconds = request.HealthCheckGracePeriodSeconds ?? before.HealthCheckGracePeriodSeconds,
                AvailabilityZoneRebalancing = request.AvailabilityZoneRebalancing ?? before.AvailabilityZoneRebalancing,
                EnableEcsManagedTags = request.EnableEcsManagedTags ?? before.EnableEcsManagedTags,
                PropagateTags = request.PropagateTags ?? before.PropagateTags,
                EnableExecuteCommand = request.EnableExecuteCommand ?? before.EnableExecuteCommand,
            },
        };

        if (request.DesiredCount is { } count)
        {
            state = state.WithDesiredCount(count);
        }

        if (definition is not null)
        {
            Use(definition);
        }

        // Which other settings start a deployment is inferred: those that only new tasks can have.
        var arn = definition?.TaskDefinitionArn ?? before.TaskDefinition;
        if (request.ForceNewDeployment
            || arn != before.TaskDefinition
            || !Same(state.Service.NetworkConfiguration, before.NetworkConfiguration)
            || !Same(volumes, state.Primary.VolumeConfigurations ?? [])
            || state.Service.EnableExecuteCommand != before.EnableExecuteCommand)
        {
            state = state.WithDeployment(arn, volumes, _parts.Clock.GetUtcNow());
        }

        _services = _services.SetItem(state.Service.ServiceName, state);
        return state.Service;
    }

    /// <summary>Drains a service; it is INACTIVE once its last task has stopped. Only in the loop.</summary>
    public EcsService DeleteService(string service, bool force)
    {
        var state = ServiceOf(service);
        if (state is { IsActive: true, Service.DesiredCount: > 0 } && !force)
        {
            throw new EcsException(EcsErrorType.InvalidParameterException, "The service cannot be stopped while it is scaled above 0.");
        }

        if (!state.IsGone)
        {
            state = state.WithDesiredCount(0);
            state = state with { Service = state.Service with { Status = "DRAINING" } };
        }

        _services = _services.SetItem(state.Service.ServiceName, state);
        return state.Service;
    }

    private ServiceState ServiceOf(string nameOrArn) => _services.GetValueOrDefault(EcsArns.NameOf(nameOrArn))
        ?? throw new EcsException(EcsErrorType.ServiceNotFoundException, "Service not found.");

    private void Use(TaskDefinition definition) => _definitions[definition.TaskDefinitionArn] = definition;

    private bool ReconcileServices(DateTimeOffset now)
    {
        var changed = false;
        foreach (var (name, before) in _services)
        {
            if (before.IsGone)
            {
                continue;
            }

            var current = DeploymentBreaker.Look(before, now);
            changed |= !ReferenceEquals(current, before);
            var tasks = TasksOf(name);
            var plan = ServicePlanner.Plan(current.Snapshot(tasks), now, _times);
            var started = Enumerable.Range(0, plan.Start)
                .Select(_ => StartTask(OrderOf(current, _definitions[current.Primary.TaskDefinition])))
                .ToArray();
            foreach (var arn in plan.Stop)
            {
                StopTask(arn, EcsStopCode.ServiceSchedulerInitiated, $"Scaling activity initiated by (deployment {current.Primary.Id})");
            }

            foreach (var arn in plan.Unhealthy)
            {
                StopTask(arn, EcsStopCode.ServiceSchedulerInitiated, "Task failed container health checks");
            }

            tasks = TasksOf(name);
            var state = Noted(current with { WakeAt = plan.WakeAt }, plan, started, now)
                .WithSpared(tasks.Where(task => plan.Spared.Contains(task.Task.TaskArn)), now)
                .Counted(tasks, now, _times);
            if (!state.IsActive && tasks.Length == 0)
            {
                state = state with { Service = state.Service with { Status = "INACTIVE" } };
            }

            _services = _services.SetItem(name, state);
            if (state.EventCount != before.EventCount || Counts(state) != Counts(before))
            {
                _parts.Changes.Pulse();
            }

            changed |= started.Length > 0 || plan.Stop.Count > 0 || plan.Unhealthy.Count > 0;
        }

        return changed;
    }

    // The words are those that users report.
    private static ServiceState Noted(ServiceState state, ServicePlan plan, IReadOnlyList<EcsTask> started, DateTimeOffset now)
    {
        if (started.Count > 0)
        {
            var why = plan.Replacements > 0 ? $" Amazon ECS replaced {plan.Replacements} tasks due to an unhealthy status." : "";
            state = state.WithEvent($"has started {started.Count} tasks: {Ids(started.Select(task => task.TaskArn))}.{why}", now);
        }

        foreach (var arn in plan.Unhealthy)
        {
            state = state.WithFailedTask(state.Primary.Id).WithEvent($"{Ids([arn])} failed container health checks.", now);
        }

        string[] stopped = [.. plan.Stop, .. plan.Unhealthy];
        return stopped.Length > 0 ? state.WithEvent($"has stopped {stopped.Length} running tasks: {Ids(stopped)}.", now) : state;
    }

    private TaskOrder OrderOf(ServiceState state, TaskDefinition definition) => new()
    {
        Definition = definition,
        Network = state.Service.NetworkConfiguration!,
        Group = $"service:{state.Service.ServiceName}",
        StartedBy = state.Primary.Id,
        Service = state.Service.ServiceName,
        CapacityProvider = state.Service.CapacityProviderStrategy?[0].CapacityProvider,
        EnableExecuteCommand = state.Service.EnableExecuteCommand,
        EbsVolume = state.Primary.VolumeConfigurations is [{ ManagedEbsVolume: { } volume } configured]
            ? EbsVolumeOrder.Of((configured.Name, volume), isDeletedWithTask: true, definition.Tags, state.Service.Tags ?? [])
            : null,
        Tags =
        [
            .. state.Service.PropagateTags switch
            {
                "SERVICE" => state.Service.Tags ?? [],
                "TASK_DEFINITION" => definition.Tags,
                _ => [],
            },
            .. state.Service.EnableEcsManagedTags
                ? [new EcsTag("aws:ecs:clusterName", Name), new EcsTag("aws:ecs:serviceName", state.Service.ServiceName)]
                : Array.Empty<EcsTag>(),
        ],
    };

    private (string, ManagedEbsVolume)? Configured(TaskDefinition definition, IReadOnlyList<ServiceVolumeConfiguration> volumes) => EbsVolumeRules.Checked(
        definition, [.. volumes.Select(volume => (volume.Name, volume.ManagedEbsVolume))], _parts.Ebs.Snapshot, "TASK_DEFINITION", "SERVICE");

    private static bool Same(IReadOnlyList<ServiceVolumeConfiguration> one, IReadOnlyList<ServiceVolumeConfiguration> other) =>
        JsonSerializer.Serialize(one, TaskDefinitionJson.Options) == JsonSerializer.Serialize(other, TaskDefinitionJson.Options);

    private static bool Same(NetworkConfiguration? one, NetworkConfiguration? other) =>
        one?.AwsvpcConfiguration?.AssignPublicIp == other?.AwsvpcConfiguration?.AssignPublicIp
        && (one?.AwsvpcConfiguration?.Subnets ?? []).SequenceEqual(other?.AwsvpcConfiguration?.Subnets ?? [])
        && (one?.AwsvpcConfiguration?.SecurityGroups ?? []).SequenceEqual(other?.AwsvpcConfiguration?.SecurityGroups ?? []);

    private TaskLife[] TasksOf(string service) =>
        [.. _tasks.Values.Where(task => task.Service == service && !task.IsStopped).OrderBy(task => task.Order)];

    private static (int, int, int, int, string) Counts(ServiceState state) =>
        (state.Service.DesiredCount, state.Service.RunningCount, state.Service.PendingCount, state.Service.Deployments.Count, state.Service.Status);

    private static string Ids(IEnumerable<string> arns) => string.Join(" ", arns.Select(arn => $"(task {EcsArns.NameOf(arn)})"));

    // A task that ended by itself, soon after its start, holds back the next one.
    private void NoteStop(TaskLife life)
    {
        if (life.Stop!.Code is not (EcsStopCode.TaskFailedToStart or EcsStopCode.EssentialContainerExited)
            || !_services.TryGetValue(life.Service!, out var state))
        {
            return;
        }

        var now = _parts.Clock.GetUtcNow();
        var ran = now - life.Task.StartedAt;
        var failures = FargateTimes.IsShortLife(ran) ? state.Failures + 1 : 0;
        state = state with { Failures = failures, StartNotBefore = now + _times.Throttle(failures, ran is not null) };
        if (failures >= 3 && ran is null)
        {
            state = state.WithEvent("is unable to consistently start tasks successfully.", now);
        }

        // AWS states that a task counts which never was RUNNING. That one counts too which ended before it was healthy is inferred from what
        // users report of tasks that exit at once.
        if (!ServiceTask.Of(life).IsHealthy(now, _times))
        {
            state = state.WithFailedTask(life.Task.StartedBy!);
        }

        _services = _services.SetItem(life.Service!, state);
    }
}
