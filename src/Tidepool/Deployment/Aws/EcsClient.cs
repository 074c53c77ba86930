namespace Tidepool.Deployment.Aws;

/// <summary>ECS, as far as Tidepool needs it. Every call may throw AWS003 to AWS011.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Operations.html</remarks>
public sealed partial class EcsClient(AwsConnection connection)
{
    // DescribeTasks takes no more.
    private const int TasksACall = 100;

    /// <summary>Reads a cluster.</summary>
    /// <returns>Null where the region has none of the name; a deleted one may still be there as INACTIVE.</returns>
    public async Task<EcsCluster?> DescribeClusterAsync(string cluster, CancellationToken ct)
    {
        var reply = await CallAsync<ClustersReply>("DescribeClusters", new { Clusters = (string[])[cluster] }, ct);
        return reply.Clusters is [var found, ..] ? found : null;
    }

    /// <summary>Reads a service.</summary>
    /// <returns>Null where the cluster has none of the name; a deleted one may still be there as INACTIVE.</returns>
    /// <exception cref="ProblemException">AWS008: the region has no such cluster.</exception>
    public async Task<EcsService?> DescribeServiceAsync(string cluster, string service, CancellationToken ct)
    {
        var reply = await CallAsync<ServicesReply>("DescribeServices", new { Cluster = cluster, Services = (string[])[service] }, ct);
        return reply.Services is [var found, ..] ? found : null;
    }

    /// <summary>Changes a service and answers how it is then; ECS goes about it on its own.</summary>
    public async Task<EcsService> UpdateServiceAsync(string cluster, string service, ServiceUpdate update, CancellationToken ct)
    {
        var request = new
        {
            Cluster = cluster,
            Service = service,
            update.DesiredCount,
            ForceNewDeployment = update.ForceNewDeployment ? true : (bool?)null,
            update.TaskDefinition,
        };
        return (await CallAsync<ServiceReply>("UpdateService", request, ct)).Service;
    }

    /// <summary>Lists the ARNs of a service's tasks, of every page.</summary>
    /// <param name="stopped">The stopped ones of about the last hour, instead of those that run or are to run.</param>
    public async Task<IReadOnlyList<string>> ListTasksAsync(string cluster, string service, bool stopped, CancellationToken ct)
    {
        var tasks = new List<string>();
        string? next = null;
        do
        {
            var request = new { Cluster = cluster, ServiceName = service, DesiredStatus = stopped ? "STOPPED" : "RUNNING", NextToken = next };
            var reply = await CallAsync<TaskArnsReply>("ListTasks", request, ct);
            tasks.AddRange(reply.TaskArns ?? []);
            next = reply.NextToken;
        }
        while (!string.IsNullOrEmpty(next));
        return tasks;
    }

    /// <summary>Reads tasks; those that ECS has forgotten are left out.</summary>
    public async Task<IReadOnlyList<EcsTask>> DescribeTasksAsync(string cluster, IReadOnlyList<string> tasks, CancellationToken ct)
    {
        var found = new List<EcsTask>();
        foreach (var chunk in tasks.Chunk(TasksACall))
        {
            found.AddRange((await CallAsync<TasksReply>("DescribeTasks", new { Cluster = cluster, Tasks = chunk }, ct)).Tasks ?? []);
        }

        return found;
    }

    /// <summary>Asks a task to stop: SIGTERM, then SIGKILL after its <c>stopTimeout</c>. A task that is gone is no error.</summary>
    /// <param name="reason">What the task's stopped reason says then; 255 characters at most.</param>
    public async Task StopTaskAsync(string cluster, string task, string reason, CancellationToken ct)
    {
        var (_, refusal) = await connection.TryCallAsync<TaskReply>(
            AwsService.Ecs, "StopTask", new { Cluster = cluster, Task = task, Reason = reason }, AwsJson.Camel, ct);
        if (refusal is { } said && !(said.Code == "InvalidParameterException" && said.Message.Contains("task was not found", StringComparison.Ordinal)))
        {
            throw said.ToException();
        }
    }

    /// <summary>Reads a task definition.</summary>
    /// <param name="taskDefinition">Family (its newest active revision), <c>family:revision</c> or ARN.</param>
    /// <returns>Null where there is none.</returns>
    public async Task<EcsTaskDefinition?> DescribeTaskDefinitionAsync(string taskDefinition, CancellationToken ct)
    {
        var (reply, refusal) = await connection.TryCallAsync<TaskDefinitionReply>(
            AwsService.Ecs, "DescribeTaskDefinition", new { TaskDefinition = taskDefinition }, AwsJson.Camel, ct);
        return refusal switch
        {
            null => reply!.TaskDefinition,
            { Code: "ClientException" } when refusal.Message.Contains("Unable to describe task definition", StringComparison.Ordinal) => null,
            _ => throw refusal.ToException(),
        };
    }

    private Task<TReply> CallAsync<TReply>(string operation, object request, CancellationToken ct) where TReply : class =>
        connection.CallAsync<TReply>(AwsService.Ecs, operation, request, AwsJson.Camel, ct);

    private sealed record ClustersReply(IReadOnlyList<EcsCluster>? Clusters);

    private sealed record ServicesReply(IReadOnlyList<EcsService>? Services);

    private sealed record ServiceReply(EcsService Service);

    private sealed record TaskArnsReply(IReadOnlyList<string>? TaskArns, string? NextToken);

    private sealed record TasksReply(IReadOnlyList<EcsTask>? Tasks);

    private sealed record TaskReply(EcsTask? Task);

    private sealed record TaskDefinitionReply(EcsTaskDefinition TaskDefinition);
}
