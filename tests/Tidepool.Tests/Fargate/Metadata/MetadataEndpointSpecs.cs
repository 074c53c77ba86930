using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tidepool.Tests.Fargate.Metadata;

public sealed class MetadataEndpointSpecs
{
    [Fact]
    public async Task A_container_reads_itself_and_its_task()
    {
        await using var rig = await FargateRig.StartAsync();
        var task = await rig.RunAsync(
            FargateRig.Container("agent-1", $"curl -s $ECS_CONTAINER_METADATA_URI_V4; echo; curl -s $ECS_CONTAINER_METADATA_URI_V4/task; echo; echo end; {FargateRig.Wait}"),
            FargateRig.Container("agent-2", FargateRig.Wait));
        var lines = (await rig.LogUntilAsync(task, "agent-1", "end")).Split('\n');
        var described = await rig.DescribeAsync(task);

        using var container = JsonDocument.Parse(lines[0]);
        Assert.Equal("agent-1", container.RootElement.GetProperty("Name").GetString());
        Assert.Equal(task, container.RootElement.GetProperty("Labels").GetProperty("com.amazonaws.ecs.task-arn").GetString());
        Assert.Equal($"agents/agent-1/{described.TaskId}", container.RootElement.GetProperty("LogOptions").GetProperty("awslogs-stream").GetString());
        Assert.Equal(described.Containers[0].ContainerArn, container.RootElement.GetProperty("ContainerARN").GetString());

        using var document = JsonDocument.Parse(lines[1]);
        var root = document.RootElement;
        Assert.Equal(task, root.GetProperty("TaskARN").GetString());
        Assert.Equal(("f", "1", "FARGATE"), (root.GetProperty("Family").GetString(), root.GetProperty("Revision").GetString(), root.GetProperty("LaunchType").GetString()));
        Assert.Equal((1.0, 2048), (root.GetProperty("Limits").GetProperty("CPU").GetDouble(), root.GetProperty("Limits").GetProperty("Memory").GetInt32()));
        Assert.Equal(20 * 1024, root.GetProperty("EphemeralStorageMetrics").GetProperty("Reserved").GetInt32());
        Assert.Equal(["agent-1", "agent-2"], root.GetProperty("Containers").EnumerateArray().Select(entry => entry.GetProperty("Name").GetString()));
    }

    [Fact]
    public async Task A_path_that_was_given_to_no_container_and_a_stopped_tasks_path_are_not_found()
    {
        await using var rig = await FargateRig.StartAsync();
        var task = await rig.RunAsync(FargateRig.Container("agent-1", $"echo $ECS_CONTAINER_METADATA_URI_V4 $ECS_CONTAINER_METADATA_URI; {FargateRig.Wait}"));
        var uris = (await rig.LogUntilAsync(task, "agent-1", "\n")).Trim().Split(' ');
        using var http = new HttpClient();
        async Task<HttpStatusCode> Get(string uri) => (await http.GetAsync(uri, FargateRig.Ct)).StatusCode;

        Assert.Matches("^http://127\\.0\\.0\\.1:[0-9]+/v4/[0-9a-f]{32}$", uris[0]);
        Assert.Equal(HttpStatusCode.OK, await Get(uris[1] + "/task"));
        Assert.Equal(HttpStatusCode.NotFound, await Get(uris[0] + "/nothing"));
        Assert.Equal(HttpStatusCode.NotFound, await Get(uris[0][..^1] + "/task"));
        Assert.Equal(HttpStatusCode.NotFound, await Get(new Uri(new Uri(uris[0]), "/").ToString()));

        await rig.StopAsync(task);
        Assert.Equal(HttpStatusCode.NotFound, await Get(uris[0] + "/task"));
    }

    [Theory]
    [InlineData("/v4/none", 404, "\"V4 container metadata handler: unable to get container ID from request: unable to get docker ID from v3 endpoint ID: none\"")]
    [InlineData("/v4/none/task", 404, "\"V4 task metadata handler: unable to get task arn from request: unable to get task Arn from v3 endpoint ID: none\"")]
    [InlineData("/v4/none/taskWithTags", 404, "\"V4 task metadata handler: unable to get task arn from request: unable to get task Arn from v3 endpoint ID: none\"")]
    [InlineData("/v4/none/stats", 404, "\"V4 container stats handler: unable to get task arn from request: unable to get task Arn from v3 endpoint ID: none\"")]
    [InlineData("/v4/none/task/stats", 404, "\"V4 task stats handler: unable to get task arn from request: unable to get task Arn from v3 endpoint ID: none\"")]
    [InlineData("/v3/none", 500, "\"V3 container metadata handler: unable to get container ID from request: unable to get docker ID from v3 endpoint ID: none\"")]
    [InlineData("/v3/none/task/stats", 400, "\"V3 task stats handler: unable to get task arn from request: unable to get task Arn from v3 endpoint ID: none\"")]
    [InlineData("/v5/none", 404, "404 page not found\n")]
    [InlineData("/", 404, "404 page not found\n")]
    [InlineData("/v2/credentials", 400, "{\"code\":\"NoIdInRequest\",\"message\":\"CredentialsV2Request: No Credential ID in the request\",\"HTTPErrorCode\":400}")]
    [InlineData("/v2/credentials/none", 400, "{\"code\":\"InvalidIdInRequest\",\"message\":\"CredentialsV2Request: Credentials not found\",\"HTTPErrorCode\":400}")]
    public async Task What_is_not_there_is_refused_in_the_agents_words(string path, int status, string text)
    {
        await using var rig = await FargateRig.StartAsync();
        var task = await rig.RunAsync(FargateRig.Container("agent-1", $"echo $ECS_CONTAINER_METADATA_URI_V4; {FargateRig.Wait}"));
        var uri = new Uri((await rig.LogUntilAsync(task, "agent-1", "\n")).Trim());
        using var http = new HttpClient();

        var answer = await http.GetAsync(new Uri(uri, path), FargateRig.Ct);

        Assert.Equal((status, text), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(FargateRig.Ct)));
    }

    [Fact]
    public async Task Version_4_tells_the_clock_the_network_and_the_tags_and_version_3_does_not()
    {
        await using var rig = await FargateRig.StartAsync();
        var definition = await rig.Fargate.RegisterTaskDefinitionAsync(FargateRig.Definition(FargateRig.Container(
            "agent-1", $"for u in $ECS_CONTAINER_METADATA_URI_V4/taskWithTags $ECS_CONTAINER_METADATA_URI_V4/task $ECS_CONTAINER_METADATA_URI/task; do curl -s $u; echo; done; echo end; {FargateRig.Wait}")), FargateRig.Ct);
        var run = await rig.Fargate.RunTaskAsync(
            new() { Cluster = "c", TaskDefinition = definition.TaskDefinitionArn, NetworkConfiguration = FargateRig.Network, Tags = [new("tide", "high")] }, FargateRig.Ct);
        var documents = (await rig.LogUntilAsync(run.Tasks[0].TaskArn, "agent-1", "end")).Split('\n').Take(3).Select(line => JsonNode.Parse(line)!.AsObject()).ToArray();

        Assert.Equal("high", (string?)documents[0]["TaskTags"]!["tide"]);
        Assert.False(documents[1].ContainsKey("TaskTags"));
        var clock = documents[1]["ClockDrift"]!.AsObject();
        Assert.Matches("^(NOT_)?SYNCHRONIZED$", (string?)clock["ClockSynchronizationStatus"]);
        Assert.Equal((string?)clock["ClockSynchronizationStatus"] is "SYNCHRONIZED", clock.ContainsKey("ClockErrorBound"));
        Assert.False((bool)documents[1]["FaultInjectionEnabled"]!);
        Assert.Equal("""{"NetworkMode":"awsvpc","IPv4Addresses":["127.0.0.1"]}""", documents[1]["Containers"]![0]!["Networks"]![0]!.ToJsonString());
        Assert.Equal("""{"CPU":2}""", documents[1]["Containers"]![0]!["Limits"]!.ToJsonString());
        Assert.Equal("overlayfs", (string?)documents[1]["Containers"]![0]!["Snapshotter"]);
        Assert.Equal(
            ["AvailabilityZone", "Cluster", "Containers", "DesiredStatus", "Family", "KnownStatus", "Limits", "PullStartedAt", "PullStoppedAt", "Revision", "TaskARN"],
            documents[2].Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("ContainerARN", documents[2]["Containers"]![0]!.ToJsonString());
    }

    [Fact]
    public async Task Statistics_tell_the_processor_and_memory_that_a_containers_processes_take()
    {
        await using var rig = await FargateRig.StartAsync();
        var task = await rig.RunAsync(
            FargateRig.Container("busy", $"bash -c 'while :; do :; done' & bash -c 'x=$(head -c 50000000 /dev/zero | tr \"\\0\" x); sleep 1000; :' & echo $ECS_CONTAINER_METADATA_URI_V4; wait"),
            FargateRig.Container("idle", FargateRig.Wait),
            FargateRig.Container("ended", "exit 0") with { Essential = false });
        var uri = (await rig.LogUntilAsync(task, "busy", "\n")).Trim();
        await rig.UntilAsync(task, shown => shown.Containers[2].LastStatus is "STOPPED" && shown.LastStatus is "RUNNING");
        using var http = new HttpClient();
        async Task<JsonNode> Get(string path) => JsonNode.Parse(await http.GetStringAsync(uri + path, FargateRig.Ct))!;
        JsonNode? stats = null;
        for (var look = 0; look < 30 && (long?)stats?["memory_stats"]!["usage"] is null or < 50_000_000; look++)
        {
            stats = await Get("/stats");
        }

        Assert.True((long)stats!["memory_stats"]!["usage"]! > 50_000_000, stats.ToJsonString());
        Assert.True((long)stats["memory_stats"]!["limit"]! > (long)stats["memory_stats"]!["usage"]!);
        Assert.True((int)stats["pids_stats"]!["current"]! >= 3, stats.ToJsonString());
        var (before, now) = (stats["precpu_stats"]!, stats["cpu_stats"]!);
        Assert.True((long)now["cpu_usage"]!["total_usage"]! > (long)before["cpu_usage"]!["total_usage"]!);
        Assert.True((long)now["system_cpu_usage"]! > (long)before["system_cpu_usage"]!);
        Assert.True(Time(stats["read"]) - Time(stats["preread"]) >= TimeSpan.FromSeconds(0.99));
        Assert.False(stats.AsObject().ContainsKey("networks"));

        var all = (await Get("/task/stats")).AsObject();
        var containers = (await rig.DescribeAsync(task)).Containers;
        Assert.Equal(containers.Select(container => container.RuntimeId), all.Select(entry => entry.Key));
        Assert.Equal(["busy", "idle", null], all.Select(entry => (string?)entry.Value?["name"]));
    }

    private static DateTimeOffset Time(JsonNode? time) => DateTimeOffset.Parse((string)time!, CultureInfo.InvariantCulture);
}
