using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tidepool.Cli.Tests.Deploying;

/// <summary>
/// AWS and an organization of Azure DevOps in one small server, as far as a deployment asks them. What is wrong is set on it: a test says
/// what the cloud is like, not which call fails.
/// </summary>
internal sealed class Cloud : IAsyncDisposable
{
    public const string Task = "0123456789abcdef0123456789abcdef";
    public const string TaskDefinition = "arn:aws:ecs:us-east-1:123456789012:task-definition/tidepool-agents:1";
    public const string Token = "the-owners-own-pat-0123";

    private readonly WebApplication _app;

    public Cloud()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public string Url => _app.Urls.First();

    public ConcurrentQueue<string> Operations { get; } = new();

    /// <summary>The operation that never gets an answer.</summary>
    public string? Hangs { get; init; }

    public bool HasCluster { get; init; } = true;
    public bool MayManage { get; init; } = true;
    public bool HasPool { get; init; } = true;
    public bool KnowsToken { get; init; } = true;

    /// <summary>IN_PROGRESS, COMPLETED or FAILED.</summary>
    public string RolloutState { get; init; } = "COMPLETED";

    /// <summary>The one task's status; its agents are online when it runs.</summary>
    public string TaskStatus { get; init; } = "RUNNING";

    /// <summary>Job that the agents run.</summary>
    public string? Job { get; init; }

    public ConcurrentDictionary<string, byte> Images { get; } = new();
    public ConcurrentDictionary<string, byte> Disabled { get; } = new();
    public string? SecretVersion { get; private set; }

    public Task StartAsync() => _app.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        var operation = http.Request.Headers["X-Amz-Target"].ToString() is { Length: > 0 } target
            ? target[(target.LastIndexOf('.') + 1)..]
            : http.Request.Path.StartsWithSegments("/org") ? $"{http.Request.Method} {http.Request.Path.Value!["/org/".Length..]}" : "GetCallerIdentity";
        Operations.Enqueue(operation);
        if (operation == Hangs)
        {
            await System.Threading.Tasks.Task.Delay(Timeout.InfiniteTimeSpan, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return;
        }

        var (status, answer) = operation.Contains(' ', StringComparison.Ordinal) ? Organization(operation) : (200, "");
        if (answer.Length == 0 && status == 200)
        {
            (status, answer) = Aws(operation, body);
        }

        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(answer);
    }

    private (int, string) Organization(string operation) => operation switch
    {
        _ when !KnowsToken => (401, "{}"),
        "GET _apis/connectionData" => (200, """{"authenticatedUser":{"id":"00000000-0000-0000-0000-000000000001","descriptor":"x;1","providerDisplayName":"Ann"},"deploymentType":"hosted"}"""),
        "GET _apis/distributedtask/pools" => (200, HasPool ? """{"count":1,"value":[{"id":1,"name":"fargate"}]}""" : """{"count":0,"value":[]}"""),
        "GET _apis/distributedtask/pools/1/agents" => (200, new JsonObject { ["count"] = 2, ["value"] = Agents() }.ToJsonString()),
        "PATCH _apis/distributedtask/pools/1/agents/0" when !MayManage => (403, """{"message":"Access denied.","typeKey":"AccessDeniedException"}"""),
        "PATCH _apis/distributedtask/pools/1/agents/0" => (404, """{"message":"No agent 0."}"""),
        ['P', 'A', 'T', 'C', 'H', ..] => (200, $$"""{"id":1,"x":"{{Disabled.TryAdd(operation, 0)}}"}"""),
        ['D', 'E', 'L', 'E', 'T', 'E', ..] => (204, " "),
        _ => (404, "{}"),
    };

    private JsonArray Agents() => TaskStatus != "RUNNING" ? [] : [.. new[] { 1, 2 }.Select(id => (JsonNode)new JsonObject
    {
        ["id"] = id,
        ["name"] = $"agent-{id}-{Task}",
        ["status"] = "online",
        ["enabled"] = true,
        ["systemCapabilities"] = new JsonObject { ["FARGATE_TASK"] = Task, ["FARGATE_CONTAINER"] = $"agent-{id}", ["FARGATE_REVISION"] = "tidepool-agents:1" },
        ["assignedRequest"] = Job is null || id == 2 ? null : new JsonObject { ["requestId"] = 7, ["jobName"] = Job, ["definition"] = new JsonObject { ["id"] = 1, ["name"] = "site" } },
    })];

    private (int, string) Aws(string operation, string body)
    {
        var asked = body.StartsWith('{') ? JsonNode.Parse(body)! : new JsonObject();
        switch (operation)
        {
            case "GetCallerIdentity":
                return (200, "<R><Account>123456789012</Account><Arn>arn:me</Arn></R>");
            case "DescribeServices" when !HasCluster:
                return (400, """{"__type":"ClusterNotFoundException","message":"Cluster not found."}""");
            case "DescribeClusters":
                return (200, """{"clusters":[]}""");
            case "DescribeServices":
                return (200, new JsonObject { ["services"] = new JsonArray(Service()) }.ToJsonString());
            case "UpdateService":
                return (200, new JsonObject { ["service"] = Service() }.ToJsonString());
            case "ListTasks":
                return (200, (string?)asked["desiredStatus"] == (TaskStatus == "STOPPED" ? "STOPPED" : "RUNNING") ? $$"""{"taskArns":["arn:aws:ecs:us-east-1:123456789012:task/tidepool/{{Task}}"]}""" : """{"taskArns":[]}""");
            case "DescribeTasks":
                return (200, asked["tasks"]!.AsArray().Count == 0 ? """{"tasks":[]}""" : EcsTask());
            case "DescribeSecret":
                return (200, new JsonObject
                {
                    ["ARN"] = asked["SecretId"]!.DeepClone(),
                    ["Name"] = "tidepool/tidepool/token",
                    ["VersionIdsToStages"] = SecretVersion is null ? null : new JsonObject { [SecretVersion] = new JsonArray("AWSCURRENT") },
                }.ToJsonString());
            case "PutSecretValue":
                SecretVersion = (string)asked["ClientRequestToken"]!;
                return (200, $$"""{"VersionId":"{{SecretVersion}}"}""");
            case "DescribeImages" when Images.ContainsKey((string)asked["imageIds"]![0]!["imageTag"]!):
                return (200, """{"imageDetails":[{"imageDigest":"sha256:1"}]}""");
            case "DescribeImages":
                return (400, """{"__type":"ImageNotFoundException","message":"no"}""");
            case "DescribeRepositories":
                return (400, """{"__type":"RepositoryNotFoundException","message":"no"}""");
            case "PutImage":
                Images[(string)asked["imageTag"]!] = 0;
                return (200, "{}");
            case "GetAuthorizationToken":
                return (200, """{"authorizationData":[{"authorizationToken":"QVdTOnRoZS1wYXNzd29yZA==","expiresAt":1900000000,"proxyEndpoint":"https://123456789012.dkr.ecr.us-east-1.amazonaws.com"}]}""");
            case "DescribeLogStreams":
                return (200, $$"""{"logStreams":[{"logStreamName":"tidepool/agent-1/{{Task}}"}]}""");
            case "GetLogEvents":
                return (200, """{"events":[{"timestamp":1780000000000,"message":"AGENT003: The service refused AZP_TOKEN."}]}""");
            default:
                return (400, $$"""{"__type":"AccessDeniedException","message":"{{operation}}"}""");
        }
    }

    private JsonObject Service() => new()
    {
        ["serviceArn"] = "arn:aws:ecs:us-east-1:123456789012:service/tidepool/agents",
        ["serviceName"] = "agents",
        ["clusterArn"] = "arn:aws:ecs:us-east-1:123456789012:cluster/tidepool",
        ["status"] = "ACTIVE",
        ["desiredCount"] = 1,
        ["taskDefinition"] = TaskDefinition,
        ["deployments"] = new JsonArray(new JsonObject
        {
            ["id"] = "ecs-svc/1",
            ["status"] = "PRIMARY",
            ["taskDefinition"] = TaskDefinition,
            ["desiredCount"] = 1,
            ["failedTasks"] = 3,
            ["rolloutState"] = RolloutState,
            ["rolloutStateReason"] = RolloutState == "FAILED" ? "ECS deployment circuit breaker: tasks failed to start." : null,
        }),
        ["events"] = new JsonArray(new JsonObject { ["id"] = "1", ["message"] = "(service agents) was unable to place a task." }),
    };

    private string EcsTask() => new JsonObject
    {
        ["tasks"] = new JsonArray(new JsonObject
        {
            ["taskArn"] = $"arn:aws:ecs:us-east-1:123456789012:task/tidepool/{Task}",
            ["taskDefinitionArn"] = TaskDefinition,
            ["lastStatus"] = TaskStatus,
            ["desiredStatus"] = TaskStatus == "STOPPED" ? "STOPPED" : "RUNNING",
            ["stopCode"] = TaskStatus == "STOPPED" ? "EssentialContainerExited" : null,
            ["stoppedReason"] = TaskStatus == "STOPPED" ? "Essential container in task exited" : null,
            ["containers"] = new JsonArray(
                new JsonObject { ["name"] = "agent-1", ["lastStatus"] = TaskStatus, ["exitCode"] = TaskStatus == "STOPPED" ? 1 : null },
                new JsonObject { ["name"] = "agent-2", ["lastStatus"] = TaskStatus }),
        }),
    }.ToJsonString();
}
