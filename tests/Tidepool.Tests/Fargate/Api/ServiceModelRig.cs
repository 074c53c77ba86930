using System.Net;
using System.Text.Json.Nodes;

namespace Tidepool.Tests.Fargate.Api;

/// <summary>An endpoint with a cluster, a task definition, a service and a task, and for each operation requests that it takes.</summary>
internal sealed class ServiceModelRig : IAsyncDisposable
{
    private readonly EcsRig _rig;
    private readonly string _task;
    private int _count;

    private ServiceModelRig(EcsRig rig, string task) => (_rig, _task) = (rig, task);

    /// <summary>Every operation that is offered.</summary>
    public static IReadOnlyList<string> Operations { get; } =
    [
        "CreateCluster", "DescribeClusters", "ListClusters", "UpdateCluster", "UpdateClusterSettings", "PutClusterCapacityProviders", "DeleteCluster",
        "RegisterTaskDefinition", "DescribeTaskDefinition", "ListTaskDefinitions", "ListTaskDefinitionFamilies", "DeregisterTaskDefinition", "DeleteTaskDefinitions",
        "CreateService", "DescribeServices", "ListServices", "UpdateService", "DeleteService",
        "RunTask", "StopTask", "DescribeTasks", "ListTasks", "UpdateTaskProtection", "GetTaskProtection",
        "TagResource", "UntagResource", "ListTagsForResource", "ListAccountSettings",
    ];

    public IReadOnlyList<string> Notices => _rig.Notices;

    public EcsRig Ecs => _rig;

    public static async Task<ServiceModelRig> StartAsync()
    {
        var rig = await EcsRig.StartAsync();
        await rig.AskAsync("CreateCluster", """{"clusterName":"tide"}""");
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition(more: ""","taskRoleArn":"arn:aws:iam::000000000000:role/task","tags":[{"key":"a","value":"b"}]"""));
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition("""{"name":"agent-1","image":"tidepool-agent:1","command":["true"]}""", "brief"));
        await rig.AskAsync(
            "CreateService",
            $$"""{"cluster":"tide","serviceName":"s","taskDefinition":"f","desiredCount":1,"launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}},"tags":[{"key":"a","value":"b"}]}""");
        var run = await rig.AskAsync("RunTask", $$"""{"cluster":"tide","taskDefinition":"f","launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}}}""");
        var task = (string)run["tasks"]![0]!["taskArn"]!;
        await rig.Rig.RunningAsync(task);
        return new(rig, task);
    }

    /// <summary>A request of an operation, with no more in it than must be. What it makes has a name of its own.</summary>
    public async Task<JsonObject> RequestAsync(string operation)
    {
        var name = $"n{++_count}";
        if (operation is "DeregisterTaskDefinition" or "DeleteTaskDefinitions")
        {
            await _rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition(family: name));
        }

        if (operation is "DeleteTaskDefinitions")
        {
            await _rig.AskAsync("DeregisterTaskDefinition", $$"""{"taskDefinition":"{{name}}:1"}""");
        }

        if (operation is "DeleteCluster")
        {
            await _rig.AskAsync("CreateCluster", $$"""{"clusterName":"{{name}}"}""");
        }

        if (operation is "DeleteService")
        {
            await _rig.AskAsync("CreateService", Service(name));
        }

        return JsonNode.Parse(operation switch
        {
            "CreateCluster" => $$"""{"clusterName":"{{name}}"}""",
            "UpdateCluster" => """{"cluster":"tide"}""",
            "UpdateClusterSettings" => """{"cluster":"tide","settings":[{"name":"containerInsights","value":"disabled"}]}""",
            "PutClusterCapacityProviders" => """{"cluster":"tide","capacityProviders":["FARGATE","FARGATE_SPOT"],"defaultCapacityProviderStrategy":[]}""",
            "DeleteCluster" => $$"""{"cluster":"{{name}}"}""",
            "DescribeClusters" => """{"clusters":["tide"]}""",
            "RegisterTaskDefinition" => EcsRig.Definition(
                $$"""{{EcsRig.Waiting}},{"name":"other","image":"tidepool-agent:1","essential":false,"command":["true"]}""", name, ""","volumes":[{"name":"v"}]"""),
            "DescribeTaskDefinition" => """{"taskDefinition":"f"}""",
            "DeregisterTaskDefinition" => $$"""{"taskDefinition":"{{name}}:1"}""",
            "DeleteTaskDefinitions" => $$"""{"taskDefinitions":["{{name}}:1"]}""",
            "CreateService" => Service(name),
            "DescribeServices" => """{"cluster":"tide","services":["s"]}""",
            "ListServices" => """{"cluster":"tide"}""",
            "UpdateService" => """{"cluster":"tide","service":"s"}""",
            "DeleteService" => $$"""{"cluster":"tide","service":"{{name}}"}""",
            "RunTask" => $$"""{"cluster":"tide","taskDefinition":"brief","launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}}}""",
            "StopTask" => $$"""{"cluster":"tide","task":"{{_task}}"}""",
            "DescribeTasks" => $$"""{"cluster":"tide","tasks":["{{_task}}"]}""",
            "ListTasks" => """{"cluster":"tide"}""",
            "UpdateTaskProtection" => $$"""{"cluster":"tide","tasks":["{{_task}}"],"protectionEnabled":true}""",
            "GetTaskProtection" => """{"cluster":"tide"}""",
            "TagResource" => $$"""{"resourceArn":"{{_task}}","tags":[{"key":"k","value":"v"}]}""",
            "UntagResource" => $$"""{"resourceArn":"{{_task}}","tagKeys":["k"]}""",
            "ListTagsForResource" => $$"""{"resourceArn":"{{_task}}"}""",
            _ => "{}",
        })!.AsObject();
    }

    public async Task<(HttpStatusCode Status, JsonObject Answer)> SendAsync(string operation, JsonObject request)
    {
        var (status, body) = await _rig.SendAsync(operation, request.ToJsonString());
        return (status, JsonNode.Parse(body)!.AsObject());
    }

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    private static string Service(string name) =>
        $$"""{"cluster":"tide","serviceName":"{{name}}","taskDefinition":"f","desiredCount":0,"launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}}}""";
}
