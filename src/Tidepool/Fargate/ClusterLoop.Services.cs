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
        }).WithDeployment(definition.TaskDefinitionArn, now));
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

        if (request.DeploymentConfiguration is { } deployment)
        {
            state = state with { Service = state.Service with { DeploymentConfiguration = deployment } };
        }

        if (request.DesiredCount is { } count)
        {
            state = state.WithDesiredCount(count);
        }

        if (definition is not null)
        {
            Use(definition);
        }

        var arn = definition?.TaskDefinitionArn ?? state.Service.TaskDefinition;
        if (request.ForceNewDeployment || arn != state.Service.TaskDefinition)
        {
            state = state.WithDeployment(arn, _parts.Clock.GetUtcNow());
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

            var tasks = TasksOf(name);
            var plan = ServicePlanner.Plan(before.Snapshot(tasks), now, _times);
            var started = Enumerable.Range(0, plan.Start)
                .Select(_ => StartTask(
                    _definitions[before.Primary.TaskDefinition], before.Service.NetworkConfiguration!, $"service:{name}", before.Primary.Id, name))
                .ToArray();
            foreach (var arn in plan.Stop)
            {
                StopTask(arn, EcsStopCode.ServiceSchedulerInitiated, $"Scaling activity initiated by (deployment {before.Primary.Id})");
            }

            // A task that stopped just now has changed the state behind our back.
            var state = _services[name] with { WakeAt = plan.WakeAt };
            if (started.Length > 0)
            {
                state = state.WithEvent($"has started {started.Length} tasks: {Ids(started.Select(task => task.TaskArn))}.", now);
            }

            if (plan.Stop.Count > 0)
            {
                state = state.WithEvent($"has stopped {plan.Stop.Count} running tasks: {Ids(plan.Stop)}.", now);
            }

            tasks = TasksOf(name);
            state = state.WithSpared(tasks.Where(task => plan.Spared.Contains(task.Task.TaskArn)), now).Counted(tasks, now);
            if (!state.IsActive && tasks.Length == 0)
            {
                state = state with { Service = state.Service with { Status = "INACTIVE" } };
            }

            _services = _services.SetItem(name, state);
            if (state.EventCount != before.EventCount || Counts(state) != Counts(before))
            {
                _parts.Changes.Pulse();
            }

            changed |= started.Length > 0 || plan.Stop.Count > 0;
        }

        return changed;
    }

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
        var throttle = _times.Throttle(failures, ran is not null);
        state = state with { Failures = failures, StartNotBefore = now + throttle };
        if (failures >= 3 && ran is null)
        {
            state = state.WithEvent("is unable to consistently start tasks successfully.", now);
        }

        _services = _services.SetItem(life.Service!, state);
    }
}
