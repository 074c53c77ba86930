using System.Globalization;
using System.Text.Json.Nodes;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>Writes a task's metadata document as version 4 of the endpoint has it. Pure.</summary>
/// <remarks>
/// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html.
/// ClockDrift is left out: nothing here knows it. The address is this machine's loopback, which the tasks share.
/// </remarks>
internal static class MetadataDocument
{
    /// <summary>The document of a task, with all its containers.</summary>
    /// <param name="life">The task.</param>
    /// <param name="utilizedMiB">What is in use of its disk.</param>
    public static JsonObject Of(TaskLife life, long utilizedMiB)
    {
        var (task, definition) = (life.Task, life.Definition);
        return new JsonObject
        {
            ["Cluster"] = task.ClusterArn,
            ["TaskARN"] = task.TaskArn,
            ["Family"] = definition.Family,
            ["Revision"] = definition.Revision.ToString(CultureInfo.InvariantCulture),
            ["ServiceName"] = life.Service,
            ["DesiredStatus"] = task.DesiredStatus,
            ["KnownStatus"] = task.LastStatus,
            ["Limits"] = new JsonObject
            {
                ["CPU"] = TaskSize.ParseCpu(definition.Cpu ?? "") / 1024.0,
                ["Memory"] = TaskSize.ParseMemory(definition.Memory ?? ""),
            },
            ["PullStartedAt"] = Time(task.PullStartedAt),
            ["PullStoppedAt"] = Time(task.PullStoppedAt),
            ["ExecutionStoppedAt"] = Time(task.ExecutionStoppedAt),
            ["AvailabilityZone"] = task.AvailabilityZone,
            ["LaunchType"] = task.LaunchType,
            ["EphemeralStorageMetrics"] = new JsonObject { ["Utilized"] = utilizedMiB, ["Reserved"] = task.EphemeralStorage.SizeInGiB * 1024 },
            ["FaultInjectionEnabled"] = false,
            ["Containers"] = new JsonArray([.. life.Containers.Select(container => Container(life, container))]),
        }.WithoutNulls();
    }

    private static JsonNode Container(TaskLife life, ContainerLife container)
    {
        var (definition, shown) = (container.Definition, container.Container);
        return new JsonObject
        {
            ["DockerId"] = shown.RuntimeId,
            ["Name"] = shown.Name,
            ["DockerName"] = shown.Name,
            ["Image"] = shown.Image,
            ["ImageID"] = "",
            ["Labels"] = new JsonObject
            {
                ["com.amazonaws.ecs.cluster"] = life.Task.ClusterArn,
                ["com.amazonaws.ecs.container-name"] = shown.Name,
                ["com.amazonaws.ecs.task-arn"] = life.Task.TaskArn,
                ["com.amazonaws.ecs.task-definition-family"] = life.Definition.Family,
                ["com.amazonaws.ecs.task-definition-version"] = life.Definition.Revision.ToString(CultureInfo.InvariantCulture),
            },
            ["DesiredStatus"] = life.Task.DesiredStatus,
            ["KnownStatus"] = shown.LastStatus,
            ["ExitCode"] = shown.ExitCode,
            ["Limits"] = new JsonObject { ["CPU"] = definition.Cpu, ["Memory"] = definition.Memory },
            ["CreatedAt"] = Time(shown.StartedAt),
            ["StartedAt"] = Time(shown.StartedAt),
            ["FinishedAt"] = Time(shown.FinishedAt),
            ["Type"] = "NORMAL",
            ["Health"] = Health(container.Health),
            ["LogDriver"] = definition.LogConfiguration?.LogDriver,
            ["LogOptions"] = LogOptions(life, definition),
            ["ContainerARN"] = shown.ContainerArn,
            ["Networks"] = new JsonArray(new JsonObject { ["NetworkMode"] = "awsvpc", ["IPv4Addresses"] = new JsonArray("127.0.0.1") }),
            ["Snapshotter"] = "overlayfs",
            ["RestartCount"] = definition.RestartPolicy is { Enabled: true } ? shown.RestartCount : null,
        }.WithoutNulls();
    }

    // As the ECS agent writes it: an exit code of 0 is left out.
    private static JsonObject? Health(ContainerHealth? health) => health is null ? null : new()
    {
        ["status"] = health.Status,
        ["statusSince"] = Time(health.Since),
        ["exitCode"] = health.Newest?.ExitCode is { } code and not 0 ? code : null,
        ["output"] = health.Newest?.Output,
    };

    private static JsonObject? LogOptions(TaskLife life, ContainerDefinition definition)
    {
        if (definition.LogConfiguration?.Options is not { } options)
        {
            return null;
        }

        var shown = new JsonObject(options.Select(option => KeyValuePair.Create(option.Key, (JsonNode?)option.Value)));
        if (options.TryGetValue("awslogs-stream-prefix", out var prefix))
        {
            shown.Remove("awslogs-stream-prefix");
            shown["awslogs-stream"] = $"{prefix}/{definition.Name}/{life.Task.TaskId}";
        }

        return shown;
    }

    private static string? Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    private static JsonObject WithoutNulls(this JsonObject document)
    {
        foreach (var (name, value) in document.ToArray())
        {
            if (value is null)
            {
                document.Remove(name);
            }
            else if (value is JsonObject inner)
            {
                inner.WithoutNulls();
            }
        }

        return document;
    }
}
