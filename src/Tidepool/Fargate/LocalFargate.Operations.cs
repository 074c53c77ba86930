using System.Text.Json;
using Tidepool.Fargate.Volumes;
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
        if (!EcsName.IsValid(request.ServiceName))
        {
            // Inferred text.
            throw new EcsException(EcsErrorType.InvalidParameterException, "Service name contains invalid characters.");
        }

        request = request with { CapacityProviderStrategy = StrategyOf(cluster, request.LaunchType, request.CapacityProviderStrategy) };
        var definition = Runnable(request.TaskDefinition, request.NetworkConfiguration);
        CheckPlatform(request.PlatformVersion);
        CheckDeployment(request.DeploymentConfiguration, request.DeploymentController);
        if (request.SchedulingStrategy is not "REPLICA")
        {
            // Inferred text; that Fargate has no DAEMON is stated by AWS.
            throw new EcsException(
                EcsErrorType.InvalidParameterException,
                "The daemon scheduling strategy is not supported for the Fargate launch type.");
        }

        CheckCount(request.DesiredCount);
        var text = JsonSerializer.Serialize(request, TaskDefinitionJson.Options);
        return await cluster.AskAsync(
            () =>
            {
                var made = cluster.Once(request.ClientToken, text, () => [cluster.CreateService(request, definition).ServiceArn]);
                return cluster.Services[EcsArns.NameOf(made[0])].Service;
            },
            ct);
    }

    /// <summary>Changes a service: its desired count, its task definition, or all its tasks for new ones.</summary>
    /// <exception cref="EcsException">No such cluster, service or task definition.</exception>
    public async Task<EcsService> UpdateServiceAsync(UpdateServiceRequest request, CancellationToken ct)
    {
        var cluster = ClusterOf(request.Cluster);
        CheckCount(request.DesiredCount ?? 0);
        CheckPlatform(request.PlatformVersion);
        CheckDeployment(request.DeploymentConfiguration, request.DeploymentController);
        CheckStrategy(cluster.Cluster.CapacityProviders, request.CapacityProviderStrategy ?? []);
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
        var strategy = StrategyOf(cluster, request.LaunchType, request.CapacityProviderStrategy);
        var registered = Runnable(request.TaskDefinition, request.NetworkConfiguration);
        CheckPlatform(request.PlatformVersion);
        var definition = request.Overrides?.Apply(registered) ?? registered;
        if (request.Count is < 1 or > MaxTasksPerCall)
        {
            // Inferred text; the range is stated by AWS.
            throw new EcsException(EcsErrorType.InvalidParameterException, "Count must be between 1 and 10.");
        }

        var configured = EbsVolumeRules.Checked(
            registered, [.. request.VolumeConfigurations.Select(volume => (volume.Name, (ManagedEbsVolume?)volume.ManagedEbsVolume))], _parts.Ebs.Snapshot, "TASK_DEFINITION");
        var order = new TaskOrder
        {
            EbsVolume = EbsVolumeOrder.Of(
                configured, (configured?.Volume as TaskManagedEbsVolume)?.TerminationPolicy?.DeleteOnTermination ?? true, registered.Tags, []),
            Definition = definition,
            Network = request.NetworkConfiguration!,
            Group = request.Group ?? $"family:{definition.Family}",
            StartedBy = request.StartedBy,
            CapacityProvider = strategy is [var first, ..] ? first.CapacityProvider : null,
            Overrides = request.Overrides,
            EnableExecuteCommand = request.EnableExecuteCommand,
            Tags =
            [
                .. request.PropagateTags is "TASK_DEFINITION" ? registered.Tags.Where(tag => request.Tags.All(own => own.Key != tag.Key)) : [],
                .. request.Tags,
                .. request.EnableEcsManagedTags ? [new EcsTag("aws:ecs:clusterName", cluster.Name)] : Array.Empty<EcsTag>(),
            ],
        };
        var text = JsonSerializer.Serialize(request, TaskDefinitionJson.Options);
        var tasks = await cluster.AskAsync(
            () => cluster
                .Once(request.ClientToken, text, () => [.. Enumerable.Range(0, request.Count).Select(_ => cluster.StartTask(order).TaskArn)])
                .Select(arn => cluster.Tasks.GetValueOrDefault(arn)?.Task)
                .OfType<EcsTask>()
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
    /// <exception cref="EcsException">No such cluster, or what can be no id of a task.</exception>
    public Task<DescribeTasksResponse> DescribeTasksAsync(string cluster, IReadOnlyList<string> tasks, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var loop = ClusterOf(cluster);
        var arns = tasks.Select(task => _parts.Arns.EcsTask(loop.Name, TaskIdOf(task))).ToArray();
        return Task.FromResult(new DescribeTasksResponse(
            [.. arns.Select(arn => loop.Tasks.GetValueOrDefault(arn)?.Task).OfType<EcsTask>()],
            [.. arns.Where(arn => !loop.Tasks.ContainsKey(arn)).Select(arn => new EcsFailure(arn, "MISSING"))]));
    }

    /// <summary>Lists tasks in the order of their start.</summary>
    /// <param name="cluster">Name or ARN of the cluster.</param>
    /// <param name="serviceName">Only those of the service; null for all.</param>
    /// <param name="desiredStatus">RUNNING or STOPPED; null for RUNNING, as in ECS.</param>
    /// <param name="ct">Ends the wait.</param>
    public Task<ListTasksResponse> ListTasksAsync(string cluster, string? serviceName, string? desiredStatus, CancellationToken ct) => ListTasksAsync(
        new ListTasksRequest { Cluster = cluster, ServiceName = serviceName, DesiredStatus = desiredStatus ?? EcsTaskStatus.Running }, ct);

    /// <summary>Lists tasks in the order of their start.</summary>
    public Task<ListTasksResponse> ListTasksAsync(ListTasksRequest request, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(new ListTasksResponse(
        [
            .. ClusterOf(request.Cluster).Tasks.Values
                .Where(life => life.Task.DesiredStatus == request.DesiredStatus)
                .Where(life => request.ServiceName is null || life.Service == EcsArns.NameOf(request.ServiceName))
                .Where(life => request.Family is null || life.Definition.Family == request.Family)
                .Where(life => request.StartedBy is null || life.Task.StartedBy == request.StartedBy)
                .Where(life => request.LaunchType is null || life.Task.LaunchType == request.LaunchType)
                .OrderBy(life => life.Order)
                .Select(life => life.Task.TaskArn),
        ]));
    }

    /// <summary>Services of a cluster that were not deleted, by name.</summary>
    /// <exception cref="EcsException">No such cluster.</exception>
    public Task<IReadOnlyList<EcsService>> ListServicesAsync(string cluster, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<EcsService>>(
        [
            .. ClusterOf(cluster).Services.Values
                .Where(service => !service.IsGone)
                .Select(service => service.Service)
                .OrderBy(service => service.ServiceName, StringComparer.Ordinal),
        ]);
    }

    private string TaskArnOf(ClusterLoop cluster, string task) =>
        _parts.Arns.EcsTask(cluster.Name, TaskIdOf(task)) is var arn && cluster.Tasks.ContainsKey(arn)
            ? arn
            : throw new EcsException(EcsErrorType.InvalidParameterException, "The referenced task was not found.");

    // Users report the text of DescribeTasks; that StopTask has the same is inferred. Ids of 36 characters are those of the old ARNs.
    private static string TaskIdOf(string task) => EcsArns.NameOf(task) is { Length: 32 or 36 } id
        ? id
        : throw new EcsException(EcsErrorType.InvalidParameterException, "taskId length should be one of [32,36]");

    private TaskDefinition Runnable(string name, NetworkConfiguration? network)
    {
        var definition = DefinitionOf(name);
        return !definition.Compatibilities.Contains("FARGATE")
            ? throw new EcsException(EcsErrorType.InvalidParameterException, "Task definition does not support launch_type FARGATE")
            : network?.AwsvpcConfiguration is not { Subnets.Count: > 0 }
            ? throw new EcsException(
                EcsErrorType.InvalidParameterException,
                "Network Configuration must be provided when networkMode 'awsvpc' is specified.")
            : definition;
    }

    /// <summary>The capacity providers to take; none for the launch type FARGATE.</summary>
    private static IReadOnlyList<CapacityProviderStrategyItem> StrategyOf(
        ClusterLoop cluster, string? launchType, IReadOnlyList<CapacityProviderStrategyItem> asked)
    {
        if (launchType is not null && asked.Count > 0)
        {
            throw new EcsException(
                EcsErrorType.InvalidParameterException,
                "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.");
        }

        var known = cluster.Cluster;
        CheckStrategy(known.CapacityProviders, asked);
        IReadOnlyList<CapacityProviderStrategyItem> strategy = launchType is null && asked.Count == 0 ? known.DefaultCapacityProviderStrategy : asked;

        // Who says nothing gets EC2.
        return launchType is "FARGATE" || (launchType is null && strategy.Count > 0)
            ? strategy
            : throw new EcsException(EcsErrorType.InvalidParameterException, "No Container Instances were found in your cluster.");
    }

    private static void CheckPlatform(string? version)
    {
        if (version is not (null or "LATEST" or "1.4.0"))
        {
            throw new EcsException(EcsErrorType.PlatformUnknownException, "The specified platform version doesn't exist.");
        }
    }

    private static void CheckDeployment(DeploymentConfiguration? configuration, DeploymentController? controller)
    {
        if (configuration is { Strategy: not "ROLLING" } || controller is { Type: not "ECS" })
        {
            throw new ProblemException(LocalLimits.Unsupported("a deployment that is not a rolling update"));
        }

        if (configuration?.DeploymentCircuitBreaker?.ThresholdConfiguration is { } threshold
            && (threshold.Type is not ("COUNT" or "BOUNDED_PERCENT" or "UNBOUNDED_PERCENT") || threshold.Value < 1))
        {
            // Inferred text.
            throw new EcsException(
                EcsErrorType.InvalidParameterException, "The circuit breaker's threshold must be COUNT, BOUNDED_PERCENT or UNBOUNDED_PERCENT with a value of 1 or more.");
        }
    }

    private static void CheckCount(int desiredCount)
    {
        if (desiredCount is < 0 or > MaxTasksPerService)
        {
            throw new EcsException(EcsErrorType.InvalidParameterException, "Desired count exceeds limit.");
        }
    }
}
