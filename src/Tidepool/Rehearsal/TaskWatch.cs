using Tidepool.AzurePipelines;
using Tidepool.Fargate;

namespace Tidepool.Rehearsal;

/// <summary>Follows what tasks do, and tells the embedded service at once of agents whose container ended.</summary>
internal static class TaskWatch
{
    /// <summary>Follows until it is cancelled.</summary>
    /// <param name="fargate">Whose tasks.</param>
    /// <param name="pipelines">Whose agents.</param>
    /// <param name="see">Told of every change.</param>
    /// <param name="ct">Ends it.</param>
    public static async Task FollowAsync(LocalFargate fargate, PipelinesService pipelines, Action<TaskStateChange> see, CancellationToken ct)
    {
        try
        {
            await foreach (var change in fargate.ReadStateChangesAsync(ct))
            {
                see(change);
                var taskId = RehearsalEnvironment.TaskId(change.TaskArn);
                if (change is { Kind: TaskStateChangeKind.Container, Status: EcsTaskStatus.Stopped }
                    && pipelines.Agents.FirstOrDefault(agent =>
                        agent.SystemCapabilities?.GetValueOrDefault(RehearsalEnvironment.TaskCapability) == taskId
                        && agent.SystemCapabilities.GetValueOrDefault(RehearsalEnvironment.ContainerCapability) == change.ContainerName) is { } agent)
                {
                    pipelines.ReportLost(
                        agent.Name, $"lost: container {change.ContainerName} of task {taskId} ended with exit code {change.ExitCode}", change.At);
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The environment is being taken down.
        }
    }
}
