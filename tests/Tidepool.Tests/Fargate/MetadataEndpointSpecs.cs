using System.Net;
using System.Text.Json;

namespace Tidepool.Tests.Fargate;

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
        Assert.Equal(HttpStatusCode.NotFound, await Get(uris[0] + "/stats"));
        Assert.Equal(HttpStatusCode.NotFound, await Get(uris[0][..^1] + "/task"));
        Assert.Equal(HttpStatusCode.NotFound, await Get(new Uri(new Uri(uris[0]), "/").ToString()));

        await rig.StopAsync(task);
        Assert.Equal(HttpStatusCode.NotFound, await Get(uris[0] + "/task"));
    }
}
