using Tidepool.AgentProtocol;
using Tidepool.Fargate;

namespace Tidepool.Rehearsal;

/// <summary>The agents' tasks: started, awaited, crashed and replaced.</summary>
public sealed partial class RehearsalEnvironment
{
    /// <summary>The capability that carries the id of an agent's task.</summary>
    internal const string TaskCapability = "FARGATE_TASK";

    /// <summary>The capability that carries the name of an agent's container.</summary>
    internal const string ContainerCapability = "FARGATE_CONTAINER";

    private const int MostRestarts = 3;
    private static readonly TimeSpan AgentsStart = TimeSpan.FromMinutes(1);

    // Provisioning, pull and start, generously.
    private static readonly TimeSpan AwsDelays = TimeSpan.FromMinutes(2);

    /// <summary>The short form of a task's ARN: its id, as the capability FARGATE_TASK carries it.</summary>
    public static string TaskId(string taskArn) => taskArn[(taskArn.LastIndexOf('/') + 1)..];

    /// <summary>Every task that was started here, stopped ones too.</summary>
    public async Task<IReadOnlyList<string>> ListTasksAsync(CancellationToken ct) =>
    [
        .. (await Fargate.ListTasksAsync(Cluster, null, EcsTaskStatus.Running, ct)).TaskArns,
        .. (await Fargate.ListTasksAsync(Cluster, null, EcsTaskStatus.Stopped, ct)).TaskArns,
    ];

    /// <summary>The tasks that the service wants, once there are <paramref name="count"/> besides the ones given.</summary>
    public async Task<IReadOnlyList<string>> WaitForServiceTasksAsync(int count, IReadOnlyList<string> besides, CancellationToken ct)
    {
        await foreach (var _ in Fargate.ReadStateChangesAsync(ct))
        {
            string[] tasks = [.. (await Fargate.ListTasksAsync(Cluster, ServiceName, EcsTaskStatus.Running, ct)).TaskArns.Except(besides)];
            if (tasks.Length >= count)
            {
                return tasks;
            }
        }

        throw new InvalidOperationException("The local Fargate ended its stream of state changes while it was in use.");
    }

    /// <summary>Waits until every agent of every task that the service wants is online.</summary>
    /// <exception cref="ProblemException">A task stopped first; the message carries its reason.</exception>
    public async Task<IReadOnlyList<string>> WaitForServiceAgentsAsync(int tasks, CancellationToken ct)
    {
        var arns = await WaitForServiceTasksAsync(tasks, [], ct);
        foreach (var arn in arns)
        {
            await WaitForAgentsAsync(arn, ct);
        }

        return arns;
    }

    /// <summary>Waits until every agent of a task is online, for a minute and AWS's delays at most.</summary>
    /// <exception cref="ProblemException">The task stopped, or its containers end over and over, or the time is over; the message says what the agents wrote.</exception>
    public async Task WaitForAgentsAsync(string taskArn, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(_agentsLimit, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        var before = (await Fargate.WaitForTaskAsync(taskArn, task => task.Containers.Count > 0, ct)).Containers.ToDictionary(one => one.Name);
        var lost = Fargate.WaitForTaskAsync(
            taskArn,
            task => task.StopCode is not null || task.Containers.Any(one => one.RestartCount > before[one.Name].RestartCount + MostRestarts),
            either.Token);
        var online = Pipelines.WaitForAgentsAsync(
            agents => agents.Count(agent => agent.Status == "online" && IsOf(agent, taskArn)) == before.Count, either.Token);
        await Task.WhenAny(lost, online);
        await either.CancelAsync();
        ct.ThrowIfCancellationRequested();
        if (online.IsCompletedSuccessfully)
        {
            return;
        }

        var task = (await Fargate.DescribeTasksAsync(Cluster, [taskArn], ct)).Tasks[0];
        var (code, what) = task.StopCode is not null
            ? ("REHEARSAL002", $"stopped before its agents were online: {task.StoppedReason ?? task.StopCode}.")
            : limit.IsCancellationRequested
                ? ("REHEARSAL007", $"has agents that were not online within {_agentsLimit.TotalSeconds:0} s.")
                : ("REHEARSAL007", "has agents that end over and over before they are online.");
        throw new ProblemException(code, $"Task {TaskId(taskArn)} {what}{await LastWordsAsync(task, ct)}", "Mend what the agents say and run again.");
    }

    /// <summary>Starts one more task of the agents' task definition, apart from the service.</summary>
    public async Task<string> RunTaskAsync(CancellationToken ct)
    {
        var response = await Fargate.RunTaskAsync(
            new RunTaskRequest
            {
                Cluster = Cluster,
                TaskDefinition = _taskDefinition,
                NetworkConfiguration = Network,
                StartedBy = "tidepool",
                VolumeConfigurations = _volume.OfTask,
            },
            ct);
        return response.Tasks[0].TaskArn;
    }

    /// <summary>Crashes a container and waits until it is restarted in place and its agent is online again.</summary>
    /// <returns>How often the container has been restarted.</returns>
    public async Task<int> CrashContainerAsync(string taskArn, string container, CancellationToken ct)
    {
        var before = await RestartsAsync(_ => true);
        await OutliveRestartPeriodAsync(taskArn, container, ct);
        var agent = Pipelines.Agents.Single(agent => IsOf(agent, taskArn) && agent.SystemCapabilities?.GetValueOrDefault(ContainerCapability) == container);
        var crashedAt = _clock.GetUtcNow();
        await Fargate.CrashContainerAsync(taskArn, container, ct);
        Pipelines.ReportLost(agent.Name, $"lost: container {container} was crashed", crashedAt);
        var after = await RestartsAsync(seen => seen.RestartCount > before && seen.LastStatus == EcsTaskStatus.Running);
        await WaitForAgentsAsync(taskArn, ct);
        return after;

        async Task<int> RestartsAsync(Func<EcsContainer, bool> until)
        {
            var task = await Fargate.WaitForTaskAsync(taskArn, seen => seen.Containers.Any(one => one.Name == container && until(one)), ct);
            return task.Containers.Single(one => one.Name == container).RestartCount;
        }
    }

    /// <summary>A container that ends within its restart period is not restarted; its end stops the task.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-restart-policy.html</remarks>
    private async Task OutliveRestartPeriodAsync(string taskArn, string container, CancellationToken ct)
    {
        var task = await Fargate.WaitForTaskAsync(taskArn, seen => seen.Containers.Any(one => one.Name == container && one.StartedAt is not null), ct);
        var left = task.Containers.Single(one => one.Name == container).StartedAt + _restartPeriod - _clock.GetUtcNow();
        if (left > TimeSpan.Zero)
        {
            _progress.Report(new Said($"waiting {left.Value.TotalSeconds:0.0} s: a container that ends within its restart period is not restarted in place"));
            await Task.Delay(left.Value, _clock, ct);
        }
    }

    private static bool IsOf(TaskAgent agent, string taskArn) => agent.SystemCapabilities?.GetValueOrDefault(TaskCapability) == TaskId(taskArn);

    /// <summary>The last lines that the task's containers wrote, to show why agents did not come online.</summary>
    private async Task<string> LastWordsAsync(EcsTask task, CancellationToken ct)
    {
        var words = new List<string>();
        foreach (var container in task.Containers)
        {
            if (Fargate.LogFile(task.TaskArn, container.Name) is { } log && File.Exists(log))
            {
                words.AddRange((await File.ReadAllLinesAsync(log, ct)).TakeLast(3));
            }
        }

        return words.Count == 0 ? "" : $" Its agents wrote: {string.Join(" | ", words.Distinct())}";
    }
}
