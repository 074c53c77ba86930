using System.Text.Json;
using System.Text.Json.Serialization;
using Tidepool.AgentProtocol;
using Tidepool.Deployment.Aws;

namespace Tidepool.Deployment;

/// <summary>A deployment of the service.</summary>
public sealed record ServiceDeploymentReport(string Id, string Status, string TaskDefinition, int Desired, int Running, int Pending, int Failed, string? RolloutState);

/// <summary>A task and its containers.</summary>
public sealed record TaskReport(
    string Id, string TaskDefinition, string LastStatus, string DesiredStatus, DateTimeOffset? StartedAt, string? StopCode, string? StoppedReason, IReadOnlyList<ContainerReport> Containers);

/// <summary>A container.</summary>
public sealed record ContainerReport(string Name, string? Status, int? ExitCode, string? Reason);

/// <summary>How the deployment is now: the answer of <c>tidepool status</c>.</summary>
public sealed record DeploymentStatus
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    // Stopped tasks of the last hour can be many; the newest tell.
    private const int StoppedTasks = 3;
    private const int Events = 5;

    public string Schema { get; init; } = "tidepool.status/1";
    public required string Region { get; init; }
    public required string Cluster { get; init; }
    public required string Service { get; init; }

    /// <summary>ACTIVE, DRAINING, INACTIVE; MISSING when the cluster has no such service.</summary>
    public required string Status { get; init; }
    public required string Image { get; init; }
    public required string Pool { get; init; }
    public int Desired { get; init; }
    public int Running { get; init; }
    public int Pending { get; init; }
    public IReadOnlyList<ServiceDeploymentReport> Deployments { get; init; } = [];
    public IReadOnlyList<TaskReport> Tasks { get; init; } = [];
    public IReadOnlyList<AgentReport> Agents { get; init; } = [];

    /// <summary>The newest events of the service, the oldest first.</summary>
    public IReadOnlyList<string> LastEvents { get; init; } = [];

    /// <summary>As many tasks run as are asked for, and each of their agents is online.</summary>
    public required bool Ok { get; init; }

    /// <summary>Looks.</summary>
    /// <exception cref="ProblemException">DEPLOY004: nothing is deployed. AWS008: the region has no such cluster. Others of AWS and the organization.</exception>
    public static async Task<DeploymentStatus> ReadAsync(Deployed deployed, CancellationToken ct)
    {
        var outputs = await deployed.OutputsAsync(ct);
        var service = await deployed.Ecs.DescribeServiceAsync(outputs.ClusterName, outputs.ServiceName, ct);
        var tasks = service is null ? [] : await deployed.TasksAsync(outputs, ct);
        var pool = await deployed.Organization.GetPoolAsync(outputs.AzpPool, ct);
        var agents = await deployed.AgentsAsync(outputs, pool.Id, tasks.Select(task => task.TaskId).ToHashSet(), ct);
        var online = agents.Count(agent => agent.Status == "online");
        return new DeploymentStatus
        {
            Region = outputs.Region,
            Cluster = outputs.ClusterName,
            Service = outputs.ServiceName,
            Status = service?.Status ?? "MISSING",
            Image = outputs.Image,
            Pool = outputs.AzpPool,
            Desired = service?.DesiredCount ?? 0,
            Running = service?.RunningCount ?? 0,
            Pending = service?.PendingCount ?? 0,
            Deployments = [.. (service?.Deployments ?? []).Select(deployment => new ServiceDeploymentReport(
                deployment.Id, deployment.Status, Revision(deployment.TaskDefinition), deployment.DesiredCount, deployment.RunningCount, deployment.PendingCount, deployment.FailedTasks, deployment.RolloutState))],
            Tasks = [.. tasks.Where(task => task.LastStatus != "STOPPED")
                .Concat(tasks.Where(task => task.LastStatus == "STOPPED").OrderByDescending(task => task.StoppedAt).Take(StoppedTasks))
                .Select(ToReport)],
            Agents = [.. agents.OrderBy(agent => agent.Name, StringComparer.Ordinal).Select(ToReport)],
            LastEvents = [.. (service?.Events ?? []).Take(Events).Reverse().Select(happened => happened.Message)],
            Ok = service is { Status: "ACTIVE" } && online >= service.DesiredCount * outputs.AgentsPerTask,
        };
    }

    /// <summary>The status as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    internal static AgentReport ToReport(TaskAgent agent) => new(
        agent.Name,
        agent.Status ?? "offline",
        agent.Enabled ?? true,
        Deployed.Capability(agent, "FARGATE_TASK"),
        Deployed.Capability(agent, "FARGATE_CONTAINER"),
        agent.AssignedRequest is { Result: null } request ? JobOf(request) : null);

    private static string JobOf(TaskAgentJobRequest request) =>
        $"{request.Definition?.Name ?? "a pipeline"}{(request.Owner?.Name is { } run ? $" #{run}" : "")}{(request.JobName is { } job ? $", {job}" : "")}";

    private static TaskReport ToReport(EcsTask task) => new(
        task.TaskId, Revision(task.TaskDefinitionArn), task.LastStatus, task.DesiredStatus, task.StartedAt, task.StopCode, task.StoppedReason,
        [.. (task.Containers ?? []).OrderBy(container => container.Name, StringComparer.Ordinal)
            .Select(container => new ContainerReport(container.Name, container.LastStatus, container.ExitCode, container.Reason))]);

    private static string Revision(string arn) => arn[(arn.LastIndexOf('/') + 1)..];
}
