using System.Net;
using System.Text.Json.Nodes;
using Tidepool.Fargate;

namespace Tidepool.Tests.Fargate.Api;

/// <summary>Names and paths that would lead out of the environment's folder, were they taken as they are.</summary>
public sealed class EscapingNameSpecs
{
    private const string Up = "../../../../../../../../tmp/tidepool-escaped";
    private const string Escaped = "/tmp/tidepool-escaped";
    private const string Long = "LONG";

    [Theory]
    [InlineData("CreateCluster", """{"clusterName":"NAME"}""", "InvalidParameterException: ")]
    [InlineData("RegisterTaskDefinition", """{"family":"NAME"}""", "ClientException: Family contains invalid characters.")]
    [InlineData("RegisterTaskDefinition", """{"containerDefinitions":[{"name":"NAME","image":"tidepool-agent:1"}]}""", "ClientException: Container.name contains invalid characters.")]
    [InlineData("RegisterTaskDefinition", """{"volumes":[{"name":"NAME"}]}""", "ClientException: Volume name contains invalid characters.")]
    [InlineData("CreateService", """{"cluster":"c","serviceName":"NAME"}""", "InvalidParameterException: ")]
    [InlineData("DescribeClusters", """{"clusters":["arn:aws:ecs:us-east-1:000000000000:cluster/NAME"]}""", "")]
    [InlineData("ListTasks", """{"cluster":"NAME"}""", "ClusterNotFoundException: Cluster not found.")]
    [InlineData("StopTask", """{"cluster":"c","task":"NAME"}""", "InvalidParameterException: taskId length should be one of [32,36]")]
    [InlineData("DescribeTaskDefinition", """{"taskDefinition":"NAME:1"}""", "ClientException: Unable to describe task definition.")]
    public async Task A_name_that_is_a_path_is_no_name(string operation, string members, string refusal)
    {
        await using var rig = await EcsRig.StartAsync();
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition());
        foreach (var name in new[] { Up, Escaped, "..", ".", "a/b", "a\n" })
        {
            var request = operation == "RegisterTaskDefinition" ? JsonNode.Parse(EcsRig.Definition(family: "g"))!.AsObject() : [];
            if (operation == "CreateService")
            {
                request["taskDefinition"] = "f";
                request["networkConfiguration"] = JsonNode.Parse(EcsRig.Network);
                request["launchType"] = "FARGATE";
            }

            foreach (var (key, value) in JsonNode.Parse(members.Replace("NAME", name.Replace("\n", "\\n", StringComparison.Ordinal), StringComparison.Ordinal))!.AsObject())
            {
                request[key] = value?.DeepClone();
            }

            if (refusal.Length > 0)
            {
                Assert.StartsWith(refusal, await rig.RefusedAsync(operation, request.ToJsonString()), StringComparison.Ordinal);
            }
            else
            {
                Assert.Equal("MISSING", (string?)(await rig.AskAsync(operation, request.ToJsonString()))["failures"]![0]!["reason"]);
            }
        }

        Assert.False(Path.Exists(Escaped));
    }

    [Theory]
    [InlineData($"../../../../../../../..{Escaped}", $"logs/_/_/_/_/_/_/_/_{Escaped}/agent-1/TASK")]
    [InlineData(Escaped, $"logs/_{Escaped}/agent-1/TASK")]
    [InlineData("a/./b/..", "logs/a/_/b/_/agent-1/TASK")]
    [InlineData("", "logs/_/agent-1/TASK")]
    public async Task A_stream_prefix_that_is_a_path_stays_in_the_folder_of_logs(string prefix, string file)
    {
        await using var rig = await EcsRig.StartAsync();
        var stopped = await RunToEndAsync(rig, "\"command\":[\"echo\",\"spoken\"]", prefix);
        Assert.Equal((EcsStopCode.EssentialContainerExited, 0), (stopped.StopCode, stopped.Containers[0].ExitCode));
        var path = Path.Combine(rig.Rig.EnvironmentFolder, file.Replace("TASK", stopped.TaskId, StringComparison.Ordinal));
        Assert.Equal("spoken\n", await File.ReadAllTextAsync(path, FargateRig.Ct));
        Assert.False(Path.Exists(Escaped));
    }

    [Fact]
    public async Task A_stream_prefix_that_makes_no_path_loses_the_lines_and_says_so_and_the_task_goes_on()
    {
        await using var rig = await EcsRig.StartAsync();
        var stopped = await RunToEndAsync(rig, "\"command\":[\"sh\",\"-c\",\"echo spoken; exit 3\"]", new string('a', 5000));
        Assert.Equal((EcsStopCode.EssentialContainerExited, 3), (stopped.StopCode, stopped.Containers[0].ExitCode));
        await foreach (var change in rig.Rig.Fargate.ReadStateChangesAsync(FargateRig.Ct))
        {
            if (change.Kind == TaskStateChangeKind.Notice)
            {
                Assert.Equal("LOGS_LOST", change.Status);
                Assert.StartsWith("Output of a container could not be written to ", change.Reason, StringComparison.Ordinal);
                break;
            }
        }
    }

    [Theory]
    [InlineData("""{"family":"f\u0000"}""")]
    [InlineData("""{"containerDefinitions":[{"name":"agent-1","image":"tidepool-agent:1","command":["a\u0000b"]}]}""")]
    [InlineData("""{"containerDefinitions":[{"name":"agent-1","image":"tidepool-agent:1","environment":[{"name":"A","value":"\u0000"}]}]}""")]
    [InlineData("""{"containerDefinitions":[{"name":"agent-1","image":"tidepool-agent:1","dockerLabels":{"a\u0000":"b"}}]}""")]
    public async Task A_null_character_is_refused_wherever_it_stands(string members)
    {
        await using var rig = await EcsRig.StartAsync();
        Assert.Matches("^SerializationException: The request's body has a null character in the text that ends before byte [0-9]+.$", await rig.RefusedAsync("RegisterTaskDefinition", members));
    }

    [Theory]
    [InlineData($"\"mountPoints\":[{{\"sourceVolume\":\"v\",\"containerPath\":\"/{Up}\"}}]")]
    [InlineData($"\"mountPoints\":[{{\"sourceVolume\":\"v\",\"containerPath\":\"/usr/..{Escaped}\"}}]")]
    [InlineData("\"mountPoints\":[{\"sourceVolume\":\"v\",\"containerPath\":\"//\"}]")]
    [InlineData("\"mountPoints\":[{\"sourceVolume\":\"v\",\"containerPath\":\"/usr\"}]")]
    [InlineData("\"mountPoints\":[{\"sourceVolume\":\"v\",\"containerPath\":\"/opt/tidepool/tidepool-agent\"}]")]
    [InlineData($"\"mountPoints\":[{{\"sourceVolume\":\"v\",\"containerPath\":\"/{Long}\"}}]")]
    [InlineData($"\"workingDirectory\":\"/{Up}\"")]
    [InlineData("\"workingDirectory\":\"--bind\"")]
    [InlineData("\"user\":\"../root\"")]
    [InlineData("\"user\":\"4294967296\"")]
    [InlineData("\"environment\":[{\"name\":\"A=B\",\"value\":\"c\"}]")]
    [InlineData("\"environment\":[{\"name\":\"LD_PRELOAD\",\"value\":\"/nowhere.so\"}]")]
    [InlineData($"\"command\":[\"{Long}\"]")]
    [InlineData("\"command\":[\"\"]")]
    public async Task Whatever_a_container_asks_for_ends_its_task_at_most_and_leaves_nothing_of_it(string members)
    {
        await using var rig = await EcsRig.StartAsync();
        var stopped = await RunToEndAsync(rig, members.Contains("command", StringComparison.Ordinal) ? members : $"\"command\":[\"true\"],{members}", "p");
        Assert.True(stopped.Containers[0].ExitCode is 0 || stopped.StoppedReason!.Contains("CannotStartContainerError: ", StringComparison.Ordinal), stopped.StoppedReason);
        Assert.False(Path.Exists(Escaped));
        Assert.False(Path.Exists(Path.Combine(rig.Rig.EnvironmentFolder, "tasks", stopped.TaskId)));

        // The next one runs.
        var next = await RunToEndAsync(rig, "\"command\":[\"true\"]", "p");
        Assert.Equal((EcsStopCode.EssentialContainerExited, 0), (next.StopCode, next.Containers[0].ExitCode));
    }

    [Theory]
    [InlineData("""{"name":"v","efsVolumeConfiguration":{"fileSystemId":"UP"}}""", "")]
    [InlineData("""{"name":"v","efsVolumeConfiguration":{"fileSystemId":"fs-../../../../../tmp"}}""", "")]
    [InlineData("""{"name":"v","efsVolumeConfiguration":{"fileSystemId":"fs-0123456789abcdef0","rootDirectory":"/UP"}}""", "")]
    [InlineData(
        """{"name":"v","efsVolumeConfiguration":{"fileSystemId":"fs-0123456789abcdef0","transitEncryption":"ENABLED","authorizationConfig":{"accessPointId":"UP"}}}""", "")]
    [InlineData("""{"name":"v","configuredAtLaunch":true}""", """{"snapshotId":"UP"}""")]
    [InlineData("""{"name":"v","configuredAtLaunch":true}""", """{"sizeInGiB":1,"filesystemType":"UP"}""")]
    public async Task An_id_of_storage_that_is_a_path_names_nothing(string volume, string managed)
    {
        await using var rig = await EcsRig.StartAsync();
        const string Container = """{"name":"agent-1","image":"tidepool-agent:1","command":["true"],"mountPoints":[{"sourceVolume":"v","containerPath":"/v"}]}""";
        var (status, answer) = await rig.SendAsync(
            "RegisterTaskDefinition", EcsRig.Definition(Container, more: $",\"volumes\":[{volume.Replace("UP", Up, StringComparison.Ordinal)}]"));
        if (status == HttpStatusCode.OK)
        {
            var run = JsonNode.Parse($$"""{"cluster":"c","taskDefinition":"f","launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}}}""")!.AsObject();
            if (managed.Length > 0)
            {
                var settings = JsonNode.Parse(managed.Replace("UP", Up, StringComparison.Ordinal))!;
                settings["roleArn"] = "arn:aws:iam::000000000000:role/ecs";
                run["volumeConfigurations"] = new JsonArray(new JsonObject { ["name"] = "v", ["managedEBSVolume"] = settings });
            }

            (status, answer) = await rig.SendAsync("RunTask", run.ToJsonString());
        }

        if (status == HttpStatusCode.OK)
        {
            var stopped = await rig.Rig.StoppedAsync((string)JsonNode.Parse(answer)!["tasks"]![0]!["taskArn"]!);
            Assert.Equal(EcsStopCode.TaskFailedToStart, stopped.StopCode);
        }
        else
        {
            Assert.Matches("^(ClientException|InvalidParameterException)$", (string?)JsonNode.Parse(answer)!["__type"]);
        }

        Assert.False(Path.Exists(Escaped));
        await rig.AskAsync("ListClusters", "{}");
    }

    private static async Task<EcsTask> RunToEndAsync(EcsRig rig, string members, string prefix)
    {
        var container = JsonNode.Parse($"{{{members.Replace(Long, new string('a', 300_000), StringComparison.Ordinal)}}}")!.AsObject();
        container["name"] = "agent-1";
        container["image"] = "tidepool-agent:1";
        container["logConfiguration"] = new JsonObject
        {
            ["logDriver"] = "awslogs",
            ["options"] = new JsonObject { ["awslogs-group"] = "g", ["awslogs-region"] = "us-east-1", ["awslogs-stream-prefix"] = prefix },
        };
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition(container.ToJsonString(), more: ",\"volumes\":[{\"name\":\"v\"}]"));
        var run = await rig.AskAsync("RunTask", $$"""{"cluster":"c","taskDefinition":"f","launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}}}""");
        return await rig.Rig.StoppedAsync((string)run["tasks"]![0]!["taskArn"]!);
    }
}
