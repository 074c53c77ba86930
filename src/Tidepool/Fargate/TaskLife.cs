using System.Collections.Immutable;
using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Volumes;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>Where a container is in one of its runs.</summary>
internal enum ContainerPhase
{
    /// <summary>Not started yet: waits for the containers that it depends on.</summary>
    Waiting,

    /// <summary>Its start was asked for.</summary>
    Starting,

    /// <summary>Its program runs.</summary>
    Running,

    /// <summary>Its program ended, or never could be started.</summary>
    Ended,
}

/// <summary>One container's part of a task's life.</summary>
internal sealed record ContainerLife(ContainerDefinition Definition, EcsContainer Container)
{
    public ContainerPhase Phase { get; init; }

    /// <summary>Whether its end is to be followed by a start in place.</summary>
    public bool RestartDue { get; init; }

    /// <summary>What health checks told of the present run; null without a health check, and before the first start.</summary>
    public ContainerHealth? Health { get; init; }

    public DateTimeOffset? SignalledAt { get; init; }

    public bool Killed { get; init; }

    public bool HasEnded => Phase is ContainerPhase.Ended && !RestartDue;

    public bool IsGone => Phase is ContainerPhase.Ended;
}

/// <summary>Why a task has to stop.</summary>
internal sealed record StopOrder(string Code, string Reason);

/// <summary>A task: what DescribeTasks shows of it, and what it takes to decide what comes next.</summary>
internal sealed record TaskLife(EcsTask Task, TaskDefinition Definition, ImmutableArray<ContainerLife> Containers, DateTimeOffset Since)
{
    /// <summary>Counts the tasks of the cluster in the order of their start.</summary>
    public long Order { get; init; }

    public bool Prepared { get; init; }

    /// <summary>Whether preparation has been asked for and has not ended.</summary>
    public bool Preparing { get; init; }

    public bool StorageGone { get; init; }

    /// <summary>Where it is on the network; null before that is made.</summary>
    public TaskNetwork? Network { get; init; }

    public StopOrder? Stop { get; init; }

    /// <summary>When Fargate Spot took the task's capacity back; null when it did not.</summary>
    public DateTimeOffset? InterruptedAt { get; init; }

    /// <summary>The service that wants the task; null for a task of RunTask.</summary>
    public string? Service { get; init; }

    /// <summary>The EBS volume of the task; null for none.</summary>
    public TaskEbsVolume? EbsVolume { get; init; }

    /// <summary>Why it could not be attached; null when it was, or was not tried yet.</summary>
    public string? AttachFailure { get; init; }

    /// <summary>Until when scale-in and deployments leave the task alone; null when they need not.</summary>
    public DateTimeOffset? ProtectedUntil { get; init; }

    public bool IsStopped => Task.LastStatus is EcsTaskStatus.Stopped;

    public bool IsWanted => Task.DesiredStatus is EcsTaskStatus.Running;

    /// <summary>
    /// What a service goes by: the worst of the essential containers that have health checks; null when none has. A container without one has
    /// none to pass, though the task's own status stays UNKNOWN then (inferred).
    /// </summary>
    public string? CheckedHealth => Containers.Any(container => container.Definition is { IsEssential: true, HealthCheck: not null })
        ? HealthOf(Containers.Where(container => container.Definition.HealthCheck is not null))
        : null;

    public bool IsProtected(DateTimeOffset now) => now < ProtectedUntil;

    public TaskLife WithPrepared() => this with { Preparing = false, Prepared = true };

    /// <summary>Shows what the runtime made: the interface with its address, and the images' ids.</summary>
    /// <param name="prepared">What it made.</param>
    /// <param name="region">Name of the Region, for the address's name.</param>
    public TaskLife WithPlace(PreparedTask prepared, string region)
    {
        var network = prepared.Network;
        var containers = Containers.Select(container => container with
        {
            Container = container.Container with
            {
                ImageId = prepared.ImageIds.GetValueOrDefault(container.Definition.Name),
                NetworkInterfaces = [.. Task.Attachments.Where(attachment => attachment.IsInterface).Select(attachment => new EcsNetworkInterface(attachment.Id, network.Address))],
            },
        }).ToImmutableArray();
        return this with
        {
            Network = network,
            Containers = containers,
            Task = Task with
            {
                Containers = [.. containers.Select(container => container.Container)],
                Attachments = [.. Task.Attachments.Select(attachment => attachment.IsInterface ? attachment.Attached(network, region) : attachment)],
            },
        };
    }

    public TaskLife WithPreparationFailed(string reason) =>
        (this with { Preparing = false }).WithStop(EcsStopCode.TaskFailedToStart, reason);

    /// <summary>Asks for the end of the task; the first reason stays.</summary>
    public TaskLife WithStop(string code, string reason) => Stop is not null || IsStopped
        ? this
        : this with
        {
            Stop = new(code, reason),
            Task = Task with { DesiredStatus = EcsTaskStatus.Stopped, StopCode = code, StoppedReason = reason },
        };

    /// <summary>Takes the task's capacity back, as Fargate Spot does; a task that is to stop already does so for its first reason.</summary>
    public TaskLife WithInterruption(DateTimeOffset at) => Stop is not null || IsStopped
        ? this
        : WithStop(EcsStopCode.TerminationNotice, "Your Spot Task was interrupted.") with { InterruptedAt = at };

    public TaskLife WithStarted(string name, string runtimeId, DateTimeOffset at) => With(name, container => container with
    {
        Phase = ContainerPhase.Running,
        Health = container.Definition.HealthCheck is null ? null : ContainerHealth.Started(at),
        Container = container.Container with
        {
            HealthStatus = EcsHealthStatus.Unknown,
            LastStatus = EcsTaskStatus.Running,
            RuntimeId = runtimeId,
            StartedAt = at,
            FinishedAt = null,
            ExitCode = null,
            Reason = null,
        },
    }) is var life && life.Task.ConnectivityAt is null
        ? life with { Task = life.Task with { Connectivity = "CONNECTED", ConnectivityAt = at } }
        : life;

    /// <summary>A container could not be started; if it is essential, the task cannot be either.</summary>
    public TaskLife WithStartFailed(string name, string reason)
    {
        var life = With(name, container => container with
        {
            Phase = ContainerPhase.Ended,
            RestartDue = false,
            Container = container.Container with { LastStatus = EcsTaskStatus.Stopped, Reason = reason },
        });
        return life.Of(name).Definition.IsEssential
            ? life.WithStop(Task.StartedAt is null ? EcsStopCode.TaskFailedToStart : EcsStopCode.EssentialContainerExited, reason)
            : life;
    }

    public TaskLife WithEnded(string name, int exitCode, string? reason, DateTimeOffset at, FargateTimes times) => With(name, container => container with
    {
        Phase = ContainerPhase.Ended,
        RestartDue = Stop is null && MayRestart(container, exitCode, at, times),
        Container = container.Container with { LastStatus = EcsTaskStatus.Stopped, ExitCode = exitCode, Reason = reason, FinishedAt = at },
    });

    /// <summary>A health check has ended; one of an earlier run tells nothing any more.</summary>
    /// <param name="name">The container.</param>
    /// <param name="run">Restarts in place before the run that was checked.</param>
    /// <param name="end">How it ended; null when it could not be asked for.</param>
    /// <param name="at">When.</param>
    public TaskLife WithChecked(string name, int run, CommandEnd? end, DateTimeOffset at) =>
        Of(name) is { Phase: ContainerPhase.Running, Health: { } health, Definition.HealthCheck: { } check, Container: { StartedAt: { } started } shown }
            && shown.RestartCount == run
            && health.With(check, end, started, at) is var told
            ? With(name, container => container with { Health = told, Container = container.Container with { HealthStatus = told.Status } })
            : this;

    public TaskLife WithStorageGone() => this with { StorageGone = true };

    public ContainerLife Of(string name) => Containers.First(container => container.Definition.Name == name);

    /// <summary>Changes one container, and what the task shows of it.</summary>
    public TaskLife With(string name, Func<ContainerLife, ContainerLife> change)
    {
        var containers = Containers.Select(container => container.Definition.Name == name ? change(container) : container).ToImmutableArray();
        return this with
        {
            Containers = containers,
            Task = Task with { Containers = [.. containers.Select(container => container.Container)], HealthStatus = HealthOf(containers) },
        };
    }

    // Essential containers only, the worst first. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
    private static string HealthOf(IEnumerable<ContainerLife> containers)
    {
        var health = containers.Where(container => container.Definition.IsEssential).Select(container => container.Container.HealthStatus).ToHashSet();
        return health.Contains(EcsHealthStatus.Unhealthy) ? EcsHealthStatus.Unhealthy
            : health.Contains(EcsHealthStatus.Unknown) ? EcsHealthStatus.Unknown
            : EcsHealthStatus.Healthy;
    }

    // A container that ends before it has run for restartAttemptPeriod is not restarted.
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-restart-policy.html
    private static bool MayRestart(ContainerLife container, int exitCode, DateTimeOffset at, FargateTimes times) =>
        container.Definition.RestartPolicy is { Enabled: true } policy
        && policy.IgnoredExitCodes?.Contains(exitCode) is not true
        && container.Container.StartedAt is { } started
        && at - started >= times.RestartAttemptPeriod(policy);
}
