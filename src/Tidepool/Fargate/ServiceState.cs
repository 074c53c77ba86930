using System.Collections.Immutable;

namespace Tidepool.Fargate;

/// <summary>A service: what DescribeServices shows of it, and what it takes to decide what comes next.</summary>
internal sealed record ServiceState(EcsService Service)
{
    private const int MaxEvents = 100;

    /// <summary>Tasks in a row that ended at once.</summary>
    public int Failures { get; init; }

    /// <summary>No task is started before.</summary>
    public DateTimeOffset StartNotBefore { get; init; }

    /// <summary>Whether the newest event of its kind says that the service is steady.</summary>
    public bool IsSteady { get; init; }

    /// <summary>When to look again though nothing happens.</summary>
    public DateTimeOffset? WakeAt { get; init; }

    /// <summary>What the newest event of its kind says of tasks that are protected from the service; null when there are none.</summary>
    public string? Spared { get; init; }

    /// <summary>How many events were ever made.</summary>
    public long EventCount { get; init; }

    /// <summary>The newest deployment that was completed; null when there is none to go back to.</summary>
    public EcsDeployment? LastCompleted { get; init; }

    /// <summary>ARNs of the primary deployment's tasks that are healthy.</summary>
    public ImmutableHashSet<string> KnownHealthy { get; init; } = [];

    public bool IsActive => Service.Status is "ACTIVE";

    public bool IsGone => Service.Status is "INACTIVE";

    public EcsDeployment Primary => Service.Deployments[0];

    /// <summary>Puts a new deployment before the others.</summary>
    public ServiceState WithDeployment(string taskDefinition, IReadOnlyList<ServiceVolumeConfiguration>? volumes, DateTimeOffset at) => this with
    {
        Failures = 0,
        StartNotBefore = default,
        IsSteady = false,
        KnownHealthy = [],
        Service = Service with
        {
            TaskDefinition = taskDefinition,
            Deployments =
            [
                Deployment(taskDefinition, volumes, at),
                .. Service.Deployments.Select(older => older with { Status = "ACTIVE" }),
            ],
        },
    };

    public ServiceState WithDesiredCount(int count) => this with
    {
        Failures = 0,
        StartNotBefore = default,
        IsSteady = IsSteady && count == Service.DesiredCount,
        Service = Service with
        {
            DesiredCount = count,
            Deployments = [Primary with { DesiredCount = count }, .. Service.Deployments.Skip(1)],
        },
    };

    public ServiceState WithEvent(string text, DateTimeOffset at) => this with
    {
        EventCount = EventCount + 1,
        Service = Service with
        {
            Events = [new($"{Guid.NewGuid():D}", at, $"(service {Service.ServiceName}) {text}"), .. Service.Events.Take(MaxEvents - 1)],
        },
    };

    /// <summary>Tells of tasks that the service would stop, were they not protected; once until it changes.</summary>
    /// <remarks>The words are those that users report: https://github.com/aws-containers/ecs-task-protection-examples</remarks>
    public ServiceState WithSpared(IEnumerable<TaskLife> spared, DateTimeOffset at)
    {
        var sets = spared.GroupBy(task => task.Task.StartedBy)
            .Select(set => $"(taskSet {set.Key}) was unable to scale in due to (reason {set.Count()} tasks under protection)")
            .ToArray();
        var text = sets.Length == 0 ? null : $"was unable to reach steady state because {string.Join(" and ", sets)}";
        return text == Spared ? this : text is null ? this with { Spared = null } : (this with { Spared = text }).WithEvent(text, at);
    }

    /// <summary>A task of a deployment has failed before it was healthy; counted until that deployment is completed.</summary>
    public ServiceState WithFailedTask(string deploymentId) =>
        Primary is { RolloutState: EcsRolloutState.InProgress } primary && primary.Id == deploymentId
            ? WithPrimary(primary with { FailedTasks = primary.FailedTasks + 1 })
            : this;

    /// <summary>Counts tasks, drops deployments that are over, and notes when tasks become healthy and the service is steady.</summary>
    public ServiceState Counted(IReadOnlyList<TaskLife> tasks, DateTimeOffset now, FargateTimes times)
    {
        int Running(IEnumerable<TaskLife> of) => of.Count(task => task.IsWanted && task.Task.LastStatus is EcsTaskStatus.Running);
        int Pending(IEnumerable<TaskLife> of) => of.Count(task => task.IsWanted && task.Task.StartedAt is null);
        TaskLife[] Of(EcsDeployment deployment) => [.. tasks.Where(task => task.Task.StartedBy == deployment.Id)];
        var healthy = Of(Primary).Where(task => task.IsWanted && ServiceTask.Of(task).IsHealthy(now, times)).Select(task => task.Task.TaskArn).ToImmutableHashSet();
        var counted = this with
        {
            KnownHealthy = healthy,
            Service = Service with
            {
                RunningCount = Running(tasks),
                PendingCount = Pending(tasks),
                Deployments =
                [
                    .. Service.Deployments

                        // One that failed is shown until the service has gone back from it.
                        .Where(deployment => deployment.Id == Primary.Id || deployment.RolloutState is EcsRolloutState.Failed || Of(deployment).Length > 0)
                        .Select(deployment => deployment with { RunningCount = Running(Of(deployment)), PendingCount = Pending(Of(deployment)) }),
                ],
            },
        };
        if (healthy.Except(KnownHealthy).Count > 0
            && Primary.RolloutState is EcsRolloutState.InProgress
            && Service.DeploymentConfiguration.DeploymentCircuitBreaker?.ResetOnHealthyTask is not false)
        {
            counted = counted.WithPrimary(counted.Primary with { FailedTasks = 0 });
        }

        return counted.Settled(tasks, now);
    }

    private ServiceState Settled(IReadOnlyList<TaskLife> tasks, DateTimeOffset now)
    {
        var steady = IsActive
            && Primary.RolloutState is not EcsRolloutState.Failed
            && tasks.Count == Service.DesiredCount
            && KnownHealthy.Count == tasks.Count
            && tasks.All(task => task.IsWanted && task.Task.StartedBy == Primary.Id);
        var settled = this with { IsSteady = steady };
        if (steady && Primary.RolloutState is EcsRolloutState.InProgress)
        {
            var completed = Primary with { RolloutState = EcsRolloutState.Completed, RolloutStateReason = $"ECS deployment {Primary.Id} completed.", UpdatedAt = now };
            settled = (settled with { LastCompleted = completed, Service = Service with { Deployments = [completed] } })
                .WithEvent($"(deployment {completed.Id}) deployment completed.", now);
        }

        return steady && !IsSteady ? settled.WithEvent("has reached a steady state.", now) : settled;
    }

    private ServiceState WithPrimary(EcsDeployment primary) =>
        this with { Service = Service with { Deployments = [primary, .. Service.Deployments.Skip(1)] } };

    private EcsDeployment Deployment(string taskDefinition, IReadOnlyList<ServiceVolumeConfiguration>? volumes, DateTimeOffset at)
    {
        var id = EcsArns.NewDeploymentId();
        return new()
        {
            Id = id,
            TaskDefinition = taskDefinition,
            DesiredCount = Service.DesiredCount,
            RolloutStateReason = $"ECS deployment {id} in progress.",
            VolumeConfigurations = volumes is { Count: > 0 } ? volumes : null,
            CreatedAt = at,
            UpdatedAt = at,
            LaunchType = Service.LaunchType,
            CapacityProviderStrategy = Service.CapacityProviderStrategy,
            NetworkConfiguration = Service.NetworkConfiguration,
        };
    }

    /// <summary>What the planner looks at.</summary>
    public ServiceSnapshot Snapshot(IReadOnlyList<TaskLife> tasks) => new()
    {
        DesiredCount = IsActive ? Service.DesiredCount : 0,
        PrimaryDeploymentId = Primary.Id,
        Deployment = Service.DeploymentConfiguration,
        StartNotBefore = StartNotBefore,
        IsFailed = IsActive && Primary.RolloutState is EcsRolloutState.Failed,

        // Whether a service that is deleted by force waits for protected tasks is not stated by AWS; here it does not.
        Tasks = [.. tasks.Select(task => IsActive ? ServiceTask.Of(task) : ServiceTask.Of(task) with { ProtectedUntil = null })],
    };
}
