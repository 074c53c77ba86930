using System.Collections.Immutable;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>Decides what comes next in a task's life: PROVISIONING to STOPPED, one step at a time. Pure.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html</remarks>
internal static class TaskLifeCycle
{
    /// <summary>The next step; null while there is nothing to do but wait.</summary>
    public static TaskStep? Next(TaskLife life, DateTimeOffset now, FargateTimes times) => life.Task.LastStatus switch
    {
        EcsTaskStatus.Provisioning => life.Stop is not null ? Enter(life, EcsTaskStatus.Deprovisioning, now)
            : now >= life.Since + times.Provisioning ? Pending(life, now)
            : null,
        EcsTaskStatus.Pending => life.Stop is not null ? Enter(life, EcsTaskStatus.Deprovisioning, now)
            : now >= life.Since + times.Pending ? Activate(life, now)
            : null,
        EcsTaskStatus.Activating => ContainersStep(life, now, times) ?? (life.Stop is not null ? Stopping(life, now) : Run(life, now)),
        EcsTaskStatus.Running => ContainersStep(life, now, times)
            ?? (life.InterruptedAt is not null ? InterruptedStep(life, now, times)
            : life.Stop is not null ? Enter(life, EcsTaskStatus.Deactivating, now)
            : null),
        EcsTaskStatus.Deactivating => Stopping(life, now),
        EcsTaskStatus.Stopping => StopStep(life, now, times),
        EcsTaskStatus.Deprovisioning => Deprovision(life, now, times),
        _ => null,
    };

    /// <summary>The next time after <paramref name="looked"/> at which a step may come due by time alone; null when only an observation brings one.</summary>
    public static DateTimeOffset? WakeAt(TaskLife life, DateTimeOffset looked, FargateTimes times) => (life.Task.LastStatus switch
    {
        EcsTaskStatus.Provisioning => [life.Since + times.Provisioning],
        EcsTaskStatus.Pending => [life.Since + times.Pending],
        EcsTaskStatus.Activating => [life.Since + times.Activating, .. StartLimits(life), .. Checks(life, times)],
        EcsTaskStatus.Running when life.InterruptedAt is null => StartLimits(life).Concat(Checks(life, times)),
        EcsTaskStatus.Running or EcsTaskStatus.Stopping => life.Containers
            .Where(container => !container.IsGone && !container.Killed)
            .Select(container => KillAt(life, container, times)),
        EcsTaskStatus.Deprovisioning => [life.Since + times.Deprovisioning],
        _ => Array.Empty<DateTimeOffset?>(),
    }).Where(time => time > looked).Min();

    private static TaskStep Enter(TaskLife life, string status, DateTimeOffset now, params TaskEffect[] effects) =>
        new(life with { Since = now, Task = life.Task with { LastStatus = status } }, effects);

    private static TaskStep Pending(TaskLife life, DateTimeOffset now) =>
        Enter(life with { Task = life.Task with { CreatedAt = now } }, EcsTaskStatus.Pending, now);

    private static TaskStep Activate(TaskLife life, DateTimeOffset now) => Enter(
        life with { Preparing = true, Task = life.Task with { PullStartedAt = now } }, EcsTaskStatus.Activating, now, new TaskEffect.Prepare());

    private static TaskStep? Run(TaskLife life, DateTimeOffset now) => life.Prepared && life.Containers.All(HasRun)
            ? Enter(life with { Task = life.Task with { StartedAt = now } }, EcsTaskStatus.Running, now)
            : null;

    // One that ended without having run is not essential, or the task would be stopping.
    private static bool HasRun(ContainerLife container) => container.Phase is ContainerPhase.Running || container.HasEnded;

    /// <summary>Starts and restarts containers, and ends the task when an essential one has ended.</summary>
    private static TaskStep? ContainersStep(TaskLife life, DateTimeOffset now, FargateTimes times)
    {
        if (life.Stop is not null || !life.Prepared || (life.Task.LastStatus is EcsTaskStatus.Activating && now < life.Since + times.Activating))
        {
            return null;
        }

        if (life.Task.PullStoppedAt is null)
        {
            return new(life with { Task = life.Task with { PullStoppedAt = now } });
        }

        foreach (var container in life.Containers)
        {
            var name = container.Definition.Name;
            if (container is { HasEnded: true, Definition.IsEssential: true })
            {
                return new(life.WithStop(EcsStopCode.EssentialContainerExited, "Essential container in task exited"));
            }

            if (container.RestartDue)
            {
                return new(
                    life.With(name, ended => ended with
                    {
                        Phase = ContainerPhase.Starting,
                        RestartDue = false,
                        Container = ended.Container with { LastStatus = EcsTaskStatus.Pending, RestartCount = ended.Container.RestartCount + 1 },
                    }),
                    new TaskEffect.Start(name));
            }

            if (container is { Phase: ContainerPhase.Running, Health: { Checking: false } health } && now >= health.DueAt(container.Definition.HealthCheck!, times))
            {
                return new(
                    life.With(name, checking => checking with { Health = health with { Checking = true } }),
                    new TaskEffect.CheckHealth(name, container.Container.RestartCount));
            }

            if (container.Phase is ContainerPhase.Waiting && Unmet(life, container, now) is { } reason)
            {
                return new(life.WithStartFailed(name, reason));
            }

            if (container.Phase is ContainerPhase.Waiting && container.Definition.DependsOn.All(dependency => IsMet(life, dependency)))
            {
                return new(life.With(name, waiting => waiting with { Phase = ContainerPhase.Starting }), new TaskEffect.Start(name));
            }
        }

        return null;
    }

    private static bool IsMet(TaskLife life, ContainerDependency dependency)
    {
        var target = life.Of(dependency.ContainerName);
        return dependency.Condition switch
        {
            "START" => target.Container.StartedAt is not null,
            "COMPLETE" => target.HasEnded && target.Container.ExitCode is not null,
            "SUCCESS" => target.HasEnded && target.Container.ExitCode is 0,
            "HEALTHY" => target is { Phase: ContainerPhase.Running, Health.Status: EcsHealthStatus.Healthy },
            _ => false,
        };
    }

    // The words are those of the ECS agent for a dependency that cannot be met any more; those of Fargate are inferred. The agent waits on for
    // the health of a container that has ended; here that is given up, as it can never come.
    // https://github.com/aws/amazon-ecs-agent/blob/master/agent/engine/dependencygraph/graph.go
    private static string? Unmet(TaskLife life, ContainerLife container, DateTimeOffset now)
    {
        foreach (var dependency in container.Definition.DependsOn.Where(dependency => !IsMet(life, dependency)))
        {
            var target = life.Of(dependency.ContainerName);
            var names = $"[{dependency.ContainerName}] for target [{container.Definition.Name}]";
            if (target.HasEnded)
            {
                return $"dependency graph: failed to resolve container ordering dependency {names} "
                    + (dependency.Condition is "SUCCESS" ? "as dependency did not exit successfully." : "because dependency will never start");
            }

            if (now >= StartLimit(target))
            {
                return $"dependency graph: container ordering dependency {names} has timed out.";
            }
        }

        return null;
    }

    private static IEnumerable<DateTimeOffset?> Checks(TaskLife life, FargateTimes times) => life.Containers
        .Where(container => container is { Phase: ContainerPhase.Running, Health.Checking: false })
        .Select(container => container.Health?.DueAt(container.Definition.HealthCheck!, times));

    private static IEnumerable<DateTimeOffset?> StartLimits(TaskLife life) => life.Containers
        .Where(container => container.Phase is ContainerPhase.Waiting)
        .SelectMany(container => container.Definition.DependsOn)
        .Select(dependency => StartLimit(life.Of(dependency.ContainerName)));

    private static DateTimeOffset? StartLimit(ContainerLife target) =>
        target is { Definition.StartTimeout: { } seconds, Container.StartedAt: { } started } ? started.AddSeconds(seconds) : null;

    private static TaskStep? Stopping(TaskLife life, DateTimeOffset now) => life.Preparing
        ? null
        : Enter(
            life with
            {
                Task = life.Task with
                {
                    StoppingAt = now,
                    Containers = [.. life.Containers.Select(container => Settle(container).Container)],
                },
                Containers = [.. life.Containers.Select(Settle)],
            },
            EcsTaskStatus.Stopping,
            now);

    // A container that was not started never will be.
    private static ContainerLife Settle(ContainerLife container) => container.Phase is ContainerPhase.Waiting || container.RestartDue
        ? container with
        {
            Phase = ContainerPhase.Ended,
            RestartDue = false,
            Container = container.Container with { LastStatus = EcsTaskStatus.Stopped },
        }
        : container;

    private static TaskStep? StopStep(TaskLife life, DateTimeOffset now, FargateTimes times) => SignalStep(life, now, times)
        ?? (life.Containers.All(container => container.IsGone)
            ? Enter(life with { Task = life.Task with { ExecutionStoppedAt = now } }, EcsTaskStatus.Deprovisioning, now, new TaskEffect.RemoveStorage())
            : null);

    // The processes are told while the task is still RUNNING. That it is so until they have ended, and has its last stop code from then on, is
    // inferred. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
    private static TaskStep? InterruptedStep(TaskLife life, DateTimeOffset now, FargateTimes times) => SignalStep(life, now, times)
        ?? (life.Containers.All(container => container.IsGone)
            ? Enter(life with { Task = life.Task with { StopCode = EcsStopCode.SpotInterruption } }, EcsTaskStatus.Deactivating, now)
            : null);

    /// <summary>Tells the next container to stop, or kills one whose time is over.</summary>
    private static TaskStep? SignalStep(TaskLife life, DateTimeOffset now, FargateTimes times)
    {
        foreach (var container in life.Containers.Where(container => container.Phase is ContainerPhase.Running))
        {
            var name = container.Definition.Name;

            // Reverse order: a container stops once those that depend on it have ended.
            var isNeeded = life.Containers.Any(other => !other.IsGone && other.Definition.DependsOn.Any(dependency => dependency.ContainerName == name));
            if (container.SignalledAt is null && !isNeeded)
            {
                return new(life.With(name, running => running with { SignalledAt = now }), new TaskEffect.Stop(name));
            }

            if (!container.Killed && now >= KillAt(life, container, times))
            {
                return new(life.With(name, running => running with { Killed = true }), new TaskEffect.Kill(name));
            }
        }

        return null;
    }

    private static DateTimeOffset? KillAt(TaskLife life, ContainerLife container, FargateTimes times)
    {
        var over = container.SignalledAt + times.StopTimeout(container.Definition);
        return life.InterruptedAt + FargateTimes.TerminationNotice is { } gone && !(over <= gone) ? gone : over;
    }

    private static TaskStep? Deprovision(TaskLife life, DateTimeOffset now, FargateTimes times)
    {
        // A task that never was activated has no storage to remove.
        var isClear = life.StorageGone || life.Task.PullStartedAt is null;
        return isClear && now >= life.Since + times.Deprovisioning
            ? Enter(
                life with
                {
                    Containers = [.. life.Containers.Select(Settle)],
                    Task = life.Task with
                    {
                        StoppedAt = now,
                        Containers = [.. life.Containers.Select(container => Settle(container).Container)],
                        Attachments = [.. life.Task.Attachments.Select(attachment => attachment.IsInterface ? attachment.Deleted() : attachment)],
                    },
                },
                EcsTaskStatus.Stopped,
                now)
            : null;
    }
}
