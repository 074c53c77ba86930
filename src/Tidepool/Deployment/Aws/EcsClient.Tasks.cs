using System.Text.Json;
using System.Text.Json.Nodes;
using Tidepool.Tasks;

namespace Tidepool.Deployment.Aws;

// What runs tasks of one's own, beside a deployment.
public sealed partial class EcsClient
{
    /// <summary>Makes a cluster with nothing in it.</summary>
    public async Task CreateClusterAsync(string cluster, IReadOnlyList<EcsTag> tags, CancellationToken ct) =>
        await CallAsync<Nothing>("CreateCluster", new { ClusterName = cluster, Tags = tags }, ct);

    /// <summary>Deletes an empty cluster.</summary>
    /// <returns>False where services or tasks of it have not ended yet.</returns>
    public async Task<bool> TryDeleteClusterAsync(string cluster, CancellationToken ct)
    {
        var (_, refusal) = await connection.TryCallAsync<Nothing>(AwsService.Ecs, "DeleteCluster", new { Cluster = cluster }, AwsJson.Camel, ct);
        return refusal switch
        {
            null or { Code: "ClusterNotFoundException" } => true,
            { Code: "ClusterContainsTasksException" or "ClusterContainsServicesException" } => false,
            _ => throw refusal.ToException(),
        };
    }

    /// <summary>Registers a task definition; a refusal that names the definition's fault is an answer, not a problem.</summary>
    /// <returns>The revision's ARN, or else how it was refused: the error's code and text.</returns>
    internal async Task<(string? Arn, string? Refusal)> TryRegisterAsync(RegisterTaskDefinitionRequest definition, CancellationToken ct)
    {
        var (reply, refusal) = await connection.TryCallAsync<RegisteredReply>(AwsService.Ecs, "RegisterTaskDefinition", WithoutEmpty(JsonSerializer.SerializeToNode(definition, AwsJson.Camel))!, AwsJson.Camel, ct);
        return refusal switch
        {
            null => (reply!.TaskDefinition.TaskDefinitionArn, null),
            { Code: "ClientException" or "InvalidParameterException" } => (null, $"{refusal.Code}: {refusal.Message}"),
            _ => throw refusal.ToException(),
        };
    }

    /// <summary>Takes a revision out of use.</summary>
    public async Task DeregisterAsync(string taskDefinition, CancellationToken ct) =>
        await CallAsync<Nothing>("DeregisterTaskDefinition", new { TaskDefinition = taskDefinition }, ct);

    /// <summary>Deletes revisions that are out of use, 10 at most.</summary>
    public async Task DeleteTaskDefinitionsAsync(IReadOnlyList<string> taskDefinitions, CancellationToken ct) =>
        await CallAsync<Nothing>("DeleteTaskDefinitions", new { TaskDefinitions = taskDefinitions }, ct);

    /// <summary>Starts one task.</summary>
    /// <exception cref="ProblemException">VERIFY004: ECS placed no task; or as of every call.</exception>
    internal async Task<string> RunTaskAsync(string cluster, TaskLaunch launch, CancellationToken ct)
    {
        var request = new
        {
            Cluster = cluster,
            launch.TaskDefinition,
            Count = 1,
            LaunchType = "FARGATE",
            launch.NetworkConfiguration,
            launch.StartedBy,
            VolumeConfigurations = launch.Volumes,
            launch.Tags,
            launch.ClientToken,
        };
        var reply = await CallAsync<RunReply>("RunTask", request, ct);
        return reply.Tasks is [{ TaskArn: var arn }, ..]
            ? arn
            : throw new ProblemException(
                "VERIFY004",
                $"ECS started no task of {launch.TaskDefinition}: {reply.Failures?.FirstOrDefault()?.Reason ?? "it gives no reason"}",
                "Look at the quota of vCPUs for Fargate and at the cluster, then repeat the command.");
    }

    /// <summary>Makes a service that keeps one task.</summary>
    internal async Task CreateServiceAsync(string cluster, string service, TaskLaunch launch, CancellationToken ct)
    {
        var request = new
        {
            Cluster = cluster,
            ServiceName = service,
            launch.TaskDefinition,
            DesiredCount = 1,
            LaunchType = "FARGATE",
            launch.NetworkConfiguration,
            VolumeConfigurations = launch.Volumes,
            launch.Tags,
        };
        await CallAsync<Nothing>("CreateService", request, ct);
    }

    /// <summary>Deletes a service with its tasks.</summary>
    public async Task DeleteServiceAsync(string cluster, string service, CancellationToken ct)
    {
        var (_, refusal) = await connection.TryCallAsync<Nothing>(
            AwsService.Ecs, "DeleteService", new { Cluster = cluster, Service = service, Force = true }, AwsJson.Camel, ct);
        if (refusal is { Code: not ("ServiceNotFoundException" or "ServiceNotActiveException" or "ClusterNotFoundException") })
        {
            throw refusal.ToException();
        }
    }

    // What is not used is not sent, even as an empty list: some of it Fargate refuses by name.
    private static JsonNode? WithoutEmpty(JsonNode? node)
    {
        if (node is JsonObject fields)
        {
            foreach (var (name, value) in fields.ToList())
            {
                if (WithoutEmpty(value) is JsonArray { Count: 0 } or JsonObject { Count: 0 } or null)
                {
                    fields.Remove(name);
                }
            }
        }
        else if (node is JsonArray items)
        {
            foreach (var item in items)
            {
                WithoutEmpty(item);
            }
        }

        return node;
    }

    private sealed record Nothing;

    private sealed record RegisteredReply(Registered TaskDefinition);

    private sealed record Registered(string TaskDefinitionArn);

    private sealed record RunReply(IReadOnlyList<EcsTask>? Tasks, IReadOnlyList<Failure>? Failures);

    private sealed record Failure(string? Arn, string? Reason, string? Detail);
}

/// <summary>What a task of one's own is started with.</summary>
/// <param name="TaskDefinition">The revision's ARN.</param>
/// <param name="NetworkConfiguration">As RunTask and CreateService take it.</param>
/// <param name="Tags">Of the task or the service.</param>
/// <param name="Volumes">EBS volumes, as RunTask and CreateService take them; null for none.</param>
/// <param name="StartedBy">Who asks; null for a service.</param>
/// <param name="ClientToken">Makes a repeat answer the same task; null for a service.</param>
internal sealed record TaskLaunch(
    string TaskDefinition, object NetworkConfiguration, IReadOnlyList<EcsTag> Tags, JsonArray? Volumes, string? StartedBy = null, string? ClientToken = null);
