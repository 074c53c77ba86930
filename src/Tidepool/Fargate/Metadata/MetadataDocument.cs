using System.Globalization;
using System.Text.Json.Nodes;
using Tidepool.Fargate.Runtimes;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Metadata;

/// <summary>Writes a task's metadata document as version 4 of the endpoint has it. Pure.</summary>
/// <remarks>
/// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html.
/// What is in version 3 is what the ECS agent, whose code Fargate shares, has there: https://github.com/aws/amazon-ecs-agent,
/// agent/handlers/v2/response.go. Name servers are left out: nothing here knows them.
/// </remarks>
internal static class MetadataDocument
{
    // The kernel's smallest share, which is shown of a container that asks for less.
    private const int SmallestCpu = 2;

    private static readonly string[] SinceVersion4 =
    [
        "ServiceName", "LaunchType", "ClockDrift", "EphemeralStorageMetrics", "FaultInjectionEnabled",
        "LogDriver", "LogOptions", "ContainerARN", "Snapshotter", "RestartCount",
    ];

    /// <summary>The document of a task, with all its containers.</summary>
    /// <param name="life">The task.</param>
    /// <param name="region">Name of the Region.</param>
    /// <param name="utilizedMiB">What is in use of its disk.</param>
    /// <param name="clockDrift">How right this machine's clock is.</param>
    public static JsonObject Of(TaskLife life, string region, long utilizedMiB, JsonObject clockDrift)
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
            ["ClockDrift"] = clockDrift,
            ["EphemeralStorageMetrics"] = new JsonObject { ["Utilized"] = utilizedMiB, ["Reserved"] = task.EphemeralStorage.SizeInGiB * 1024 },
            ["FaultInjectionEnabled"] = false,
            ["Containers"] = new JsonArray([.. life.Containers.Select(container => Container(life, container, region))]),
        }.WithoutNulls();
    }

    /// <summary>Adds the tags of the task.</summary>
    public static JsonObject WithTags(JsonObject document, TaskLife life)
    {
        if (life.Task.Tags is { Count: > 0 } tags)
        {
            document["TaskTags"] = new JsonObject(tags.Select(tag => KeyValuePair.Create(tag.Key ?? "", (JsonNode?)tag.Value)));
        }

        return document;
    }

    /// <summary>Takes out what version 3 did not have yet.</summary>
    public static JsonObject AsVersion3(JsonObject document)
    {
        foreach (var name in SinceVersion4)
        {
            document.Remove(name);
        }

        foreach (var container in document["Containers"]!.AsArray().OfType<JsonObject>())
        {
            foreach (var name in SinceVersion4)
            {
                container.Remove(name);
            }

            foreach (var network in (container["Networks"] as JsonArray ?? []).OfType<JsonObject>())
            {
                foreach (var name in network.Select(member => member.Key).Except(["NetworkMode", "IPv4Addresses"]).ToArray())
                {
                    network.Remove(name);
                }
            }
        }

        return document;
    }

    private static JsonNode Container(TaskLife life, ContainerLife container, string region)
    {
        var (definition, shown) = (container.Definition, container.Container);
        return new JsonObject
        {
            ["DockerId"] = shown.RuntimeId,
            ["Name"] = shown.Name,
            ["DockerName"] = shown.Name,
            ["Image"] = shown.Image,
            ["ImageID"] = shown.ImageId ?? "",
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
            ["Limits"] = new JsonObject { ["CPU"] = Math.Max(definition.Cpu, SmallestCpu), ["Memory"] = definition.Memory },
            ["CreatedAt"] = Time(shown.StartedAt),
            ["StartedAt"] = Time(shown.StartedAt),
            ["FinishedAt"] = Time(shown.FinishedAt),
            ["Type"] = "NORMAL",
            ["Health"] = Health(container.Health),
            ["LogDriver"] = definition.LogConfiguration?.LogDriver,
            ["LogOptions"] = LogOptions(life, definition),
            ["ContainerARN"] = shown.ContainerArn,
            ["Networks"] = life.Network is { } network ? new JsonArray(Network(network, region)) : null,
            ["Snapshotter"] = "overlayfs",
            ["RestartCount"] = definition.RestartPolicy is { Enabled: true } ? shown.RestartCount : null,
        }.WithoutNulls();
    }

    private static JsonObject Network(TaskNetwork network, string region) => new JsonObject
    {
        ["NetworkMode"] = "awsvpc",
        ["IPv4Addresses"] = new JsonArray(network.Address),
        ["AttachmentIndex"] = network.MacAddress is null ? null : 0,
        ["MACAddress"] = network.MacAddress,
        ["IPv4SubnetCIDRBlock"] = network.Subnet,
        ["PrivateDNSName"] = network.PrivateDnsName(region),
        ["SubnetGatewayIpv4Address"] = network.GatewayWithPrefix,
    }.WithoutNulls();

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

    /// <summary>A time as the document has it.</summary>
    public static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

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
