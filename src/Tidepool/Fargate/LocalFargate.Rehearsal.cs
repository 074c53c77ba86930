using Tidepool.Tasks;

namespace Tidepool.Fargate;

// What ECS has no operation for, and a rehearsal needs.
public sealed partial class LocalFargate
{
    /// <summary>Waits until a task is as asked for.</summary>
    /// <param name="taskArn">ARN of the task.</param>
    /// <param name="until">Looks at every state that the wait comes by; the last one, STOPPED, always.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="ProblemException">The task stopped without ever being so; holds its stop code and reason.</exception>
    public async Task<EcsTask> WaitForTaskAsync(string taskArn, Func<EcsTask, bool> until, CancellationToken ct)
    {
        var cluster = ClusterWith(taskArn);
        while (true)
        {
            var next = _parts.Changes.Next;
            var task = cluster.Tasks[taskArn].Task;
            if (until(task))
            {
                return task;
            }

            if (task.LastStatus is EcsTaskStatus.Stopped)
            {
                throw new ProblemException(
                    "FARGATE005",
                    $"Task {task.TaskId} stopped: {task.StopCode}: {task.StoppedReason}.",
                    "Look at the containers' exit codes, reasons and logs.");
            }

            await cluster.NextAsync(next).WaitAsync(ct);
        }
    }

    /// <summary>Waits until a service is as asked for.</summary>
    /// <param name="cluster">Name or ARN of the cluster.</param>
    /// <param name="service">Name or ARN of the service.</param>
    /// <param name="until">Looks at every state that the wait comes by.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<EcsService> WaitForServiceAsync(string cluster, string service, Func<EcsService, bool> until, CancellationToken ct)
    {
        var loop = ClusterOf(cluster);
        while (true)
        {
            var next = _parts.Changes.Next;
            var found = loop.Services.GetValueOrDefault(EcsArns.NameOf(service))?.Service
                ?? throw new EcsException(EcsErrorType.ServiceNotFoundException, "Service not found.");
            if (until(found))
            {
                return found;
            }

            await loop.NextAsync(next).WaitAsync(ct);
        }
    }

    /// <summary>All state changes of tasks and containers, from the beginning; ends with the environment.</summary>
    public IAsyncEnumerable<TaskStateChange> ReadStateChangesAsync(CancellationToken ct) => _parts.Changes.ReadAsync(ct);

    /// <summary>What a task's volumes are on this machine; after the task stopped, what they were.</summary>
    /// <exception cref="EcsException">No such task.</exception>
    public IReadOnlyList<VolumeFacts> DescribeVolumes(string taskArn) => RunnerOf(taskArn) is var runner ? [.. runner.Volumes, .. runner.Attached] : [];

    /// <summary>The first process of a container as this machine counts it; null when it does not run, or that cannot be known.</summary>
    /// <exception cref="EcsException">No such task.</exception>
    internal Task<int?> FindProcessAsync(string taskArn, string containerName, CancellationToken ct) => RunnerOf(taskArn).FindProcessAsync(containerName, ct);

    /// <summary>The file of a container's log, one for all its runs; null when it has no log configuration.</summary>
    /// <exception cref="EcsException">No such task.</exception>
    public string? LogFile(string taskArn, string containerName) => RunnerOf(taskArn).LogFile(ContainerOf(taskArn, containerName).Definition);

    /// <summary>
    /// Takes the capacity of a task on Fargate Spot back: SIGTERM at once, SIGKILL after <c>stopTimeout</c>, and after 120 s to all that is left.
    /// </summary>
    /// <param name="task">Id or ARN of the task.</param>
    /// <param name="ct">Ends the wait for the answer, not the interruption.</param>
    /// <returns>The task with its notice: RUNNING, and to be STOPPED.</returns>
    /// <exception cref="EcsException">No such task.</exception>
    /// <exception cref="ProblemException">The task is not on FARGATE_SPOT, or does not run.</exception>
    public async Task<EcsTask> InterruptTaskAsync(string task, CancellationToken ct)
    {
        var arn = _clusters.Values.SelectMany(cluster => cluster.Tasks.Keys).FirstOrDefault(arn => EcsArns.NameOf(arn) == EcsArns.NameOf(task)) ?? task;
        var cluster = ClusterWith(arn);
        return await cluster.AskAsync(() => cluster.InterruptTask(arn), ct);
    }

    /// <summary>Sends SIGKILL to all processes of a container, as a crash would.</summary>
    /// <exception cref="ProblemException">The container does not run.</exception>
    public async Task CrashContainerAsync(string taskArn, string containerName, CancellationToken ct)
    {
        var cluster = ClusterWith(taskArn);
        if (!await cluster.AskAsync(() => cluster.Crash(taskArn, containerName), ct))
        {
            throw new ProblemException(
                "FARGATE007",
                $"Container {containerName} of task {EcsArns.NameOf(taskArn)} does not run.",
                "Wait until it is RUNNING.");
        }
    }

    /// <summary>Lets containers of tasks that are started from now on reach a TCP port of this machine's 127.0.0.1 at the same address.</summary>
    public void Reach(int port) => _parts.Runtime.Reach(port);

    private ClusterLoop ClusterWith(string taskArn) => _clusters.Values.FirstOrDefault(cluster => cluster.Tasks.ContainsKey(taskArn))
        ?? throw new EcsException(EcsErrorType.InvalidParameterException, "The referenced task was not found.");

    private ContainerLife ContainerOf(string taskArn, string name) =>
        ClusterWith(taskArn).Tasks[taskArn].Containers.FirstOrDefault(container => container.Definition.Name == name)
            ?? throw new EcsException(EcsErrorType.InvalidParameterException, "The referenced container was not found.");

    private TaskRunner RunnerOf(string taskArn) => ClusterWith(taskArn).RunnerOf(taskArn);
}
