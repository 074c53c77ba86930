using System.Globalization;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

public sealed partial class LocalFargate
{
    private const int MaxTasksPerCall = 10;
    private const int MaxTasksPerService = 5000;

    /// <summary>Makes a service, which keeps its desired count of tasks running.</summary>
    /// <exception cref="EcsException">No such cluster or task definition, no network, or the name is taken.</exception>
    public async Task<EcsService> CreateServiceAsync(CreateServiceRequest request, CancellationToken ct)
    {
        var cluster = ClusterOf(request.Cluster);
        var definition = Runnable(request.TaskDefinition, request.LaunchType, request.NetworkConfiguration);
        if (request.SchedulingStrategy is not "REPLICA")
        {
            // Inferred text; that Fargate has no DAEMON is stated by AWS.
            throw new EcsException(
                EcsErrorType.InvalidParameterException,
                "The daemon scheduling strategy is not supported for the Fargate launch type.");
        }

        CheckCount(request.DesiredCount);
        return await cluster.AskAsync(() => cluster.CreateService(request, definition), ct);
    }

    /// <summary>Changes a service: its desired count, its task definition, or all its tasks for new ones.</summary>
    /// <exception cref="EcsException">No such cluster, service or task definition.</exception>
    public async Task<EcsService> UpdateServiceAsync(UpdateServiceRequest request, CancellationToken ct)
    {
        var cluster = ClusterOf(request.Cluster);
        CheckCount(request.DesiredCount ?? 0);
        var definition = request.TaskDefinition is { } name ? DefinitionOf(name) : null;
        return await cluster.AskAsync(() => cluster.UpdateService(request, definition), ct);
    }

    /// <summary>Deletes a service: DRAINING until its tasks have stopped, then INACTIVE.</summary>
    /// <exception cref="EcsException">No such service, or it still wants tasks and <c>force</c> is not given.</exception>
    public async Task<EcsService> DeleteServiceAsync(DeleteServiceRequest request, CancellationToken ct)
    {
        var cluster = ClusterOf(request.Cluster);
        return await cluster.AskAsync(() => cluster.DeleteService(request.Service, request.Force), ct);
    }

    /// <summary>Describes services by name or ARN; those that are not there are failures.</summary>
    public Task<DescribeServicesResponse> DescribeServicesAsync(string cluster, IReadOnlyList<string> services, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var loop = ClusterOf(cluster);
        var names = services.Select(EcsArns.NameOf).ToArray();
        return Task.FromResult(new DescribeServicesResponse(
            [.. names.Select(name => loop.Services.GetValueOrDefault(name)?.Service).OfType<EcsService>()],
            [
                .. names.Where(name => !loop.Services.ContainsKey(name))
                    .Select(name => new EcsFailure(_parts.Arns.Service(loop.Name, name), "MISSING")),
            ]));
    }

    /// <summary>Starts tasks that no service keeps.</summary>
    /// <exception cref="EcsException">No such cluster or task definition, no network, or a count outside of 1 to 10.</exception>
    public async Task<RunTaskResponse> RunTaskAsync(RunTaskRequest request, CancellationToken ct)
    {
        var cluster = ClusterOf(request.Cluster);
        var definition = Runnable(request.TaskDefinition, request.LaunchType, request.NetworkConfiguration);
        if (request.Count is < 1 or > MaxTasksPerCall)
        {
            // Inferred text; the range is stated by AWS.
            throw new EcsException(EcsErrorType.InvalidParameterException, "Count must be between 1 and 10.");
        }

        var group = request.Group ?? $"family:{definition.Family}";
        var tasks = await cluster.AskAsync(
            () => Enumerable.Range(0, request.Count)
                .Select(_ => cluster.StartTask(definition, request.NetworkConfiguration!, group, request.StartedBy, service: null))
                .ToArray(),
            ct);
        return new(tasks, []);
    }

    /// <summary>Asks for a task's end; <c>lastStatus</c> follows.</summary>
    /// <param name="cluster">Name or ARN of the cluster.</param>
    /// <param name="task">Id or ARN of the task.</param>
    /// <param name="reason">Becomes the stopped reason; null for <c>Task stopped by user</c>.</param>
    /// <param name="ct">Ends the wait for the answer, not the stop.</param>
    /// <exception cref="EcsException">No such cluster or task.</exception>
    public async Task<EcsTask> StopTaskAsync(string cluster, string task, string? reason, CancellationToken ct)
    {
        var loop = ClusterOf(cluster);
        var arn = TaskArnOf(loop, task);
        return await loop.AskAsync(() => loop.StopTask(arn, EcsStopCode.UserInitiated, reason ?? "Task stopped by user"), ct);
    }

    /// <summary>Describes tasks by id or ARN, stopped ones too; those that are not there are failures.</summary>
    public Task<DescribeTasksResponse> DescribeTasksAsync(string cluster, IReadOnlyList<string> tasks, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var loop = ClusterOf(cluster);
        var arns = tasks.Select(task => _parts.Arns.EcsTask(loop.Name, EcsArns.NameOf(task))).ToArray();
        return Task.FromResult(new DescribeTasksResponse(
            [.. arns.Select(arn => loop.Tasks.GetValueOrDefault(arn)?.Task).OfType<EcsTask>()],
            [.. arns.Where(arn => !loop.Tasks.ContainsKey(arn)).Select(arn => new EcsFailure(arn, "MISSING"))]));
    }

    /// <summary>Lists tasks in the order of their start.</summary>
    /// <param name="cluster">Name or ARN of the cluster.</param>
    /// <param name="serviceName">Only those of the service; null for all.</param>
    /// <param name="desiredStatus">RUNNING or STOPPED; null for RUNNING, as in ECS.</param>
    /// <param name="ct">Ends the wait.</param>
    public Task<ListTasksResponse> ListTasksAsync(string cluster, string? serviceName, string? desiredStatus, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(new ListTasksResponse(
        [
            .. ClusterOf(cluster).Tasks.Values
                .Where(life => life.Task.DesiredStatus == (desiredStatus ?? EcsTaskStatus.Running))
                .Where(life => serviceName is null || life.Service == EcsArns.NameOf(serviceName))
                .OrderBy(life => life.Order)
                .Select(life => life.Task.TaskArn),
        ]));
    }

    private ClusterLoop ClusterOf(string nameOrArn) => _clusters.GetValueOrDefault(EcsArns.NameOf(nameOrArn))
        ?? throw new EcsException(EcsErrorType.ClusterNotFoundException, "Cluster not found.");

    private static string TaskArnOf(ClusterLoop cluster, string task) =>
        cluster.Tasks.Keys.FirstOrDefault(arn => EcsArns.NameOf(arn) == EcsArns.NameOf(task))
            ?? throw new EcsException(EcsErrorType.InvalidParameterException, "The referenced task was not found.");

    private TaskDefinition DefinitionOf(string nameOrArn)
    {
        var parts = EcsArns.NameOf(nameOrArn).Split(':');
        var revisions = _definitions.GetValueOrDefault(parts[0], []);
        return (parts is [_, var revision]
                ? revisions.FirstOrDefault(definition => definition.Revision.ToString(CultureInfo.InvariantCulture) == revision)
                : revisions.LastOrDefault())
            ?? throw new EcsException(EcsErrorType.ClientException, "TaskDefinition not found.");
    }

    private TaskDefinition Runnable(string name, string launchType, NetworkConfiguration? network)
    {
        var definition = DefinitionOf(name);
        return launchType is not "FARGATE"
            ? throw new EcsException(EcsErrorType.InvalidParameterException, "No Container Instances were found in your cluster.")
            : !definition.Compatibilities.Contains("FARGATE")
            ? throw new EcsException(EcsErrorType.InvalidParameterException, "Task definition does not support launch_type FARGATE")
            : network?.AwsvpcConfiguration is not { Subnets.Count: > 0 }
            ? throw new EcsException(
                EcsErrorType.InvalidParameterException,
                "Network Configuration must be provided when networkMode 'awsvpc' is specified.")
            : definition;
    }

    private static void CheckCount(int desiredCount)
    {
        if (desiredCount is < 0 or > MaxTasksPerService)
        {
            throw new EcsException(EcsErrorType.InvalidParameterException, "Desired count exceeds limit.");
        }
    }
}
