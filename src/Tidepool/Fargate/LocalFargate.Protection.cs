using Tidepool.Tasks;

namespace Tidepool.Fargate;

public sealed partial class LocalFargate
{
    private const int MaxTasksToProtect = 10;
    private const int MaxTasksToDescribe = 100;

    /// <summary>Protects tasks of services from scale-in and deployments, or lets go of them. StopTask heeds no protection.</summary>
    /// <returns>The tasks as they are now, and as failures those that cannot be protected: MISSING, TASK_NOT_VALID, DEPLOYMENT_BLOCKED.</returns>
    /// <exception cref="EcsException">No such cluster, not 1 to 10 tasks, or not 1 to 2880 minutes.</exception>
    public async Task<TaskProtectionResponse> UpdateTaskProtectionAsync(UpdateTaskProtectionRequest request, CancellationToken ct)
    {
        var cluster = ClusterOf(request.Cluster);
        if (request.Tasks.Count is < 1 or > MaxTasksToProtect)
        {
            // Inferred text; the range is stated by AWS.
            throw new EcsException(EcsErrorType.InvalidParameterException, $"Tasks must have 1 to {MaxTasksToProtect} entries.");
        }

        return await cluster.ProtectAsync(request.Tasks, request.ProtectionEnabled, request.ExpiresInMinutes, ct);
    }

    /// <summary>Tells which tasks are protected.</summary>
    /// <param name="cluster">Name or ARN of the cluster.</param>
    /// <param name="tasks">Ids or ARNs of up to 100 tasks; none for all tasks of the cluster's services.</param>
    /// <param name="ct">Ends the wait for the answer.</param>
    /// <exception cref="EcsException">No such cluster, or too many tasks.</exception>
    public async Task<TaskProtectionResponse> GetTaskProtectionAsync(string cluster, IReadOnlyList<string> tasks, CancellationToken ct)
    {
        var loop = ClusterOf(cluster);
        if (tasks.Count > MaxTasksToDescribe)
        {
            // Inferred text; the range is stated by AWS.
            throw new EcsException(EcsErrorType.InvalidParameterException, $"Tasks must have at most {MaxTasksToDescribe} entries.");
        }

        return await loop.AskAsync(
            () => loop.DescribeProtection(tasks is { Count: > 0 }
                ? tasks
                : [.. loop.Tasks.Values.Where(life => life is { Service: not null, IsWanted: true }).OrderBy(life => life.Order).Select(life => life.Task.TaskArn)]),
            ct);
    }
}
