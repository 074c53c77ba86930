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

    public bool IsActive => Service.Status is "ACTIVE";

    public bool IsGone => Service.Status is "INACTIVE";

    public EcsDeployment Primary => Service.Deployments[0];

    /// <summary>Puts a new deployment before the others.</summary>
    public ServiceState WithDeployment(string taskDefinition, IReadOnlyList<ServiceVolumeConfiguration>? volumes, DateTimeOffset at) => this with
    {
        Failures = 0,
        StartNotBefore = default,
        IsSteady = false,
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

    /// <summary>Counts tasks, drops deployments without tasks, and notes when the service is steady.</summary>
    public ServiceState Counted(IReadOnlyList<TaskLife> tasks, DateTimeOffset now)
    {
        int Running(IEnumerable<TaskLife> of) => of.Count(task => task.IsWanted && task.Task.LastStatus is EcsTaskStatus.Running);
        int Pending(IEnumerable<TaskLife> of) => of.Count(task => task.IsWanted && task.Task.StartedAt is null);
        var deployments = Service.Deployments
            .Select(deployment => (Deployment: deployment, Tasks: tasks.Where(task => task.Task.StartedBy == deployment.Id).ToArray()))
            .Where(entry => entry.Deployment.Id == Primary.Id || entry.Tasks.Length > 0)
            .Select(entry => entry.Deployment with
            {
                RunningCount = Running(entry.Tasks),
                PendingCount = Pending(entry.Tasks),
                FailedTasks = entry.Deployment.Id == Primary.Id ? Failures : entry.Deployment.FailedTasks,
            })
            .ToArray();
        var steady = IsActive && deployments.Length == 1 && deployments[0].RunningCount == Service.DesiredCount && tasks.All(task => task.IsWanted);
        var completed = steady && deployments[0].RolloutState is not "COMPLETED";
        if (completed)
        {
            deployments[0] = deployments[0] with
            {
                RolloutState = "COMPLETED",
                RolloutStateReason = $"ECS deployment {Primary.Id} completed.",
                UpdatedAt = now,
            };
        }

        var counted = this with
        {
            Service = Service with { RunningCount = Running(tasks), PendingCount = Pending(tasks), Deployments = deployments },
            IsSteady = steady,
        };
        counted = completed ? counted.WithEvent($"(deployment {Primary.Id}) deployment completed.", now) : counted;
        return steady && !IsSteady ? counted.WithEvent("has reached a steady state.", now) : counted;
    }

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
        Tasks = [.. tasks.Select(task => new ServiceTask(
            task.Task.TaskArn,
            task.Task.StartedBy ?? "",
            task.IsWanted,
            task.Task.LastStatus is EcsTaskStatus.Running ? task.Task.StartedAt : null,

            // Whether a service that is deleted by force waits for protected tasks is not stated by AWS; here it does not.
            IsActive ? task.ProtectedUntil : null))],
    };
}
