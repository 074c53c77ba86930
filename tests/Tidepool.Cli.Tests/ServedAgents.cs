using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Tidepool.Cli.Tests;

/// <summary>A served environment with two agents of one task online, for all tests of a class.</summary>
public sealed class ServedAgents : IAsyncLifetime
{
    private readonly Scratch _scratch = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private Served? _served;

    internal Served Served => _served!;

    /// <summary>A repository of a test's own, with the environment's state folder.</summary>
    internal Scratch Scratch() => new(_scratch.State);

    public async ValueTask InitializeAsync()
    {
        _served = await Served.StartAsync(_scratch);
        await StartAgentsAsync(_served, "agent-1", "agent-2");
        await Wait.UntilAsync(() => Agents().Result >= 2, "two agents are online");
    }

    public async ValueTask DisposeAsync()
    {
        await Served.Process.SignalAsync("TERM");
        var outcome = await Served.Process.EndAsync();
        await Served.DisposeAsync();
        _http.Dispose();
        var left = _scratch.Environments;
        _scratch.Dispose();
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Empty(left);
    }

    /// <summary>Starts a task with one agent a container.</summary>
    internal static async Task<string> StartAgentsAsync(Served served, params string[] containers)
    {
        await AskAsync(served, "CreateCluster", new() { ["clusterName"] = "tide" });
        await AskAsync(served, "RegisterTaskDefinition", new()
        {
            ["family"] = "agents",
            ["cpu"] = "1024",
            ["memory"] = "2048",
            ["networkMode"] = "awsvpc",
            ["requiresCompatibilities"] = new JsonArray("FARGATE"),
            ["executionRoleArn"] = "arn:aws:iam::123456789012:role/execution",
            ["containerDefinitions"] = new JsonArray([.. containers.Select(name => new JsonObject
            {
                ["name"] = name,
                ["image"] = "tidepool-agent:1",
                ["environment"] = new JsonArray(Variable("AZP_URL", served.Exports["AZP_URL"]), Variable("AZP_POOL", "fargate"), Variable("FARGATE_CONTAINER", name)),
                ["secrets"] = new JsonArray(new JsonObject { ["name"] = "AZP_TOKEN", ["valueFrom"] = "tidepool/azp-token" }),
            })]),
        });
        var run = await AskAsync(served, "RunTask", new()
        {
            ["cluster"] = "tide",
            ["taskDefinition"] = "agents",
            ["launchType"] = "FARGATE",
            ["networkConfiguration"] = new JsonObject { ["awsvpcConfiguration"] = new JsonObject { ["subnets"] = new JsonArray("subnet-1") } },
        });
        return (string)run["tasks"]![0]!["taskArn"]!;
    }

    /// <summary>Asks the embedded Azure Pipelines service, as a client that read the environment's document.</summary>
    internal async Task<string> GetAsync(string path)
    {
        var document = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Assert.Single(_scratch.Environments), "environment.json")))!;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{document["pipelines"]}/{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($":{document["token"]}")));
        using var response = await _http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }

    private async Task<int> Agents()
    {
        var agents = JsonNode.Parse(await GetAsync("_apis/distributedtask/pools/1/agents"))!["value"]!.AsArray();
        return agents.Count(agent => (string?)agent!["status"] == "online");
    }

    private static JsonObject Variable(string name, string value) => new() { ["name"] = name, ["value"] = value };

    private static async Task<JsonNode> AskAsync(Served served, string operation, JsonObject body)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, served.Exports["AWS_ENDPOINT_URL"]) { Content = new StringContent(body.ToJsonString()) };
        request.Headers.Add("X-Amz-Target", $"AmazonEC2ContainerServiceV20141113.{operation}");
        using var response = await http.SendAsync(request);
        var answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, answer);
        return JsonNode.Parse(answer)!;
    }
}
