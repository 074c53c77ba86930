using System.Text.Json.Nodes;

namespace Tidepool.Bench;

/// <summary>The task that is run: the agents' image with one volume at its VOLUME, and a program that waits.</summary>
internal static class BenchTask
{
    public const string Cluster = "bench";

    /// <summary>The sandbox knows the image by its name, and the bench gives a container engine one of this name.</summary>
    public const string Image = "tidepool-agent:bench";

    public const string Volume = "/shared-storage";

    /// <summary>Waits, and ends at once when it is told to.</summary>
    public static readonly string[] Command = ["sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"];

    public static JsonObject DescribeClusters => new() { ["clusters"] = new JsonArray(Cluster) };

    public static JsonObject Definition => new()
    {
        ["family"] = "bench",
        ["cpu"] = "256",
        ["memory"] = "512",
        ["networkMode"] = "awsvpc",
        ["requiresCompatibilities"] = new JsonArray("FARGATE"),
        ["executionRoleArn"] = "arn:aws:iam::000000000000:role/execution",
        ["volumes"] = new JsonArray(new JsonObject { ["name"] = "storage" }),
        ["containerDefinitions"] = new JsonArray(new JsonObject
        {
            ["name"] = "agent",
            ["image"] = Image,
            ["essential"] = true,

            // moto_server runs no task without it, and none without a list of security groups.
            ["memory"] = 256,
            ["command"] = new JsonArray([.. Command.Select(word => JsonValue.Create(word))]),
            ["stopTimeout"] = 2,
            ["environment"] = new JsonArray(new JsonObject { ["name"] = "AZP_POOL", ["value"] = "fargate" }),
            ["mountPoints"] = new JsonArray(new JsonObject { ["sourceVolume"] = "storage", ["containerPath"] = Volume }),
            ["logConfiguration"] = new JsonObject
            {
                ["logDriver"] = "awslogs",
                ["options"] = new JsonObject { ["awslogs-group"] = "g", ["awslogs-region"] = "us-east-1", ["awslogs-stream-prefix"] = "agents" },
            },
        }),
    };

    public static JsonObject Run(string subnet, int count = 1) => new()
    {
        ["cluster"] = Cluster,
        ["taskDefinition"] = "bench",
        ["launchType"] = "FARGATE",
        ["count"] = count,
        ["networkConfiguration"] = new JsonObject { ["awsvpcConfiguration"] = new JsonObject { ["subnets"] = new JsonArray(subnet), ["securityGroups"] = new JsonArray() } },
    };

    public static JsonObject Describe(IEnumerable<string> tasks) => new()
    {
        ["cluster"] = Cluster,
        ["tasks"] = new JsonArray([.. tasks.Select(task => JsonValue.Create(task))]),
    };
}
