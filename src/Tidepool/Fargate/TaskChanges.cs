namespace Tidepool.Fargate;

/// <summary>Tells the state changes between two states of a task. Pure.</summary>
internal static class TaskChanges
{
    /// <param name="before">The state before; null for a new task.</param>
    /// <param name="after">The state after.</param>
    /// <param name="at">When it changed.</param>
    public static IEnumerable<TaskStateChange> Between(TaskLife? before, TaskLife after, DateTimeOffset at)
    {
        foreach (var container in after.Containers.Select(container => container.Container))
        {
            var earlier = before?.Of(container.Name).Container;
            if (earlier is not null && container.RestartCount > earlier.RestartCount)
            {
                yield return Of(after, at, TaskStateChangeKind.ContainerRestart, container);
            }
            else if (earlier is not null && container.LastStatus != earlier.LastStatus)
            {
                yield return Of(after, at, TaskStateChangeKind.Container, container);
            }
        }

        if (before?.Task.LastStatus != after.Task.LastStatus || before.Task.DesiredStatus != after.Task.DesiredStatus)
        {
            yield return new()
            {
                At = at,
                Kind = TaskStateChangeKind.Task,
                TaskArn = after.Task.TaskArn,
                Status = after.Task.LastStatus,
                DesiredStatus = after.Task.DesiredStatus,
                StopCode = after.Task.StopCode,
                Reason = after.Task.StoppedReason,
            };
        }
    }

    private static TaskStateChange Of(TaskLife life, DateTimeOffset at, TaskStateChangeKind kind, EcsContainer container) => new()
    {
        At = at,
        Kind = kind,
        TaskArn = life.Task.TaskArn,
        ContainerName = container.Name,
        Status = container.LastStatus,
        ExitCode = container.ExitCode,
        Reason = container.Reason,
    };
}
