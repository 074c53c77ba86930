using System.Text.Json.Nodes;

namespace Tidepool.Cli.Tests;

/// <summary><c>tidepool storage</c> as a process, beside a <c>tidepool serve</c> and the real aws command line.</summary>
public sealed class StorageSpecs
{
    private const string Script = "cat /data/x; echo kept > /data/x; sync; trap 'exit 0' TERM; echo ready; sleep 1000 & wait $!";

    [Fact]
    public async Task A_kept_volume_outlives_a_killed_serve_whose_mounts_the_next_one_sweeps_and_comes_back_as_a_snapshot()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount disks.");
        using var scratch = new Scratch();
        string kept, snapshot;
        await using (var served = await Served.StartAsync(scratch))
        {
            await RegisterAsync(served);
            var (keptTask, deletedTask) = (await RunAsync(served, "\"sizeInGiB\":1", keep: true), await RunAsync(served, "\"sizeInGiB\":1", keep: false));
            kept = await VolumeOfAsync(served, keptTask);
            var deleted = await VolumeOfAsync(served, deletedTask);
            var listed = await StorageAsync(scratch, "list");
            Assert.Matches($"(?m)^{kept}  EBS volume, 1 GiB gp2 xfs, takes \\d+\\.\\d MiB, attached to {keptTask}$", listed.Output);
            Assert.Matches($"(?m)^{deleted}  EBS volume, 1 GiB gp2 xfs, takes \\d+\\.\\d MiB, attached to {deletedTask}, deleted with it$", listed.Output);
            await WrittenAsync(scratch, kept);

            var taken = await StorageAsync(scratch, "snapshot", kept, "--description", "while it is attached", "--json");
            Assert.Equal("", taken.Error);
            snapshot = (string)JsonNode.Parse(taken.Output)!["snapshotId"]!;

            var refused = await StorageAsync(scratch, "remove", snapshot, kept, "--yes");
            Assert.Equal((2, $"EBS003: {kept} is attached to {keptTask}. Stop the task first.\n"), (refused.ExitCode, refused.Error));
            // Of each task its volume and its own disk.
            Assert.Equal(4, MountsIn(scratch));
            await served.Process.SignalAsync("KILL");
        }

        // What the crash left mounted is there until the next start, and what was kept is kept.
        Assert.Equal(4, MountsIn(scratch));
        await using (var served = await Served.StartAsync(scratch))
        {
            Assert.Contains("swept what a killed run left", served.Process.Error, StringComparison.Ordinal);
            Assert.Equal(0, MountsIn(scratch));
            var listed = JsonNode.Parse((await StorageAsync(scratch, "list", "--json")).Output)!;
            Assert.Equal((kept, false), ((string?)listed["volumes"]!.AsArray().Single()!["volume"]!["volumeId"], (bool?)listed["volumes"]![0]!["isAttached"]));
            Assert.Equal("while it is attached", (string?)listed["snapshots"]!.AsArray().Single()!["snapshot"]!["description"]);

            await RegisterAsync(served);
            var task = await RunAsync(served, $"\"snapshotId\":\"{snapshot}\"", keep: false);
            await served.AwsAsync("ecs", "wait", "tasks-running", "--cluster", "tide", "--tasks", task);
            var log = Path.Combine(scratch.Environments.Single(), "logs", "agents", "agent-1", task.Split('/')[^1]);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (!File.Exists(log) || !(await File.ReadAllTextAsync(log, limit.Token)).EndsWith("ready\n", StringComparison.Ordinal))
            {
                await Wait.BrieflyAsync(limit.Token);
            }

            Assert.Equal("kept\nready\n", await File.ReadAllTextAsync(log, limit.Token));
            await served.Process.SignalAsync("TERM");
            Assert.Equal(0, (await served.Process.EndAsync()).ExitCode);
        }

        Assert.Equal(0, MountsIn(scratch));
        var unknown = await StorageAsync(scratch, "remove", kept, "vol-1", "--yes");
        Assert.Equal((2, "EBS002: There is no EBS volume vol-1 on this machine. See what there is: tidepool storage list\n"), (unknown.ExitCode, unknown.Error));
        var removed = await StorageAsync(scratch, "remove", kept, snapshot, "--yes");
        Assert.Equal((0, $"removed {kept}, {snapshot}\n"), (removed.ExitCode, removed.Output));
        Assert.Equal("There is none: no EBS volume, no snapshot and no EFS file system.\n", (await StorageAsync(scratch, "list")).Output);
        Assert.Equal([], LoopDevicesOf(scratch));
    }

    [Theory]
    [InlineData("EBS002: There is no EBS volume vol-1 on this machine. See what there is: tidepool storage list\n", "snapshot", "vol-1")]
    [InlineData("EBS002: There is no snapshot snap-1 on this machine. See what there is: tidepool storage list\n", "remove", "snap-1", "--yes")]
    [InlineData("EBS002: There is no EBS volume ../x on this machine. See what there is: tidepool storage list\n", "remove", "../x", "--yes")]
    public async Task What_is_not_there_is_named(string error, params string[] arguments)
    {
        using var scratch = new Scratch();

        var outcome = await StorageAsync(scratch, arguments);

        Assert.Equal((2, "", error), (outcome.ExitCode, outcome.Output, outcome.Error));
    }

    [Fact]
    public async Task Nothing_is_removed_without_a_yes_where_there_is_no_terminal_to_ask_at()
    {
        using var scratch = new Scratch();
        var id = (await StorageAsync(scratch, "create-file-system")).Output.Trim();

        var outcome = await TidepoolProcess.RunInShellAsync(scratch, $"storage remove {id} < /dev/null");

        Assert.Equal(
            (2, "EBS006: This would remove them for good, and there is no terminal to ask at. Run it in a terminal, or with --yes.\n"),
            (outcome.ExitCode, outcome.Error));
    }

    private static Task<Outcome> StorageAsync(Scratch scratch, params string[] arguments) => TidepoolProcess.RunAsync(scratch, ["storage", .. arguments]);

    private static int MountsIn(Scratch scratch) => File.ReadLines("/proc/self/mountinfo").Count(line => line.Contains(scratch.State, StringComparison.Ordinal));

    private static string[] LoopDevicesOf(Scratch scratch) =>
    [
        .. Directory.GetDirectories("/sys/block", "loop*")
            .Select(device => Path.Combine(device, "loop", "backing_file"))
            .Where(File.Exists)
            .Select(file => File.ReadAllText(file).Trim())
            .Where(file => file.StartsWith(scratch.State, StringComparison.Ordinal)),
    ];

    private static async Task RegisterAsync(Served served)
    {
        await served.AwsAsync("ecs", "create-cluster", "--cluster-name", "tide");
        await served.AwsAsync("ecs", "register-task-definition", "--cli-input-json", new JsonObject
        {
            ["family"] = "f",
            ["cpu"] = "1024",
            ["memory"] = "2048",
            ["networkMode"] = "awsvpc",
            ["requiresCompatibilities"] = new JsonArray("FARGATE"),
            ["executionRoleArn"] = "arn:aws:iam::000000000000:role/execution",
            ["volumes"] = new JsonArray(new JsonObject { ["name"] = "v", ["configuredAtLaunch"] = true }),
            ["containerDefinitions"] = new JsonArray(new JsonObject
            {
                ["name"] = "agent-1",
                ["image"] = "tidepool-agent:1",
                ["user"] = "agent",
                ["command"] = new JsonArray("bash", "-c", Script),
                ["mountPoints"] = new JsonArray(new JsonObject { ["sourceVolume"] = "v", ["containerPath"] = "/data" }),
                ["logConfiguration"] = new JsonObject
                {
                    ["logDriver"] = "awslogs",
                    ["options"] = new JsonObject { ["awslogs-group"] = "g", ["awslogs-region"] = "us-east-1", ["awslogs-stream-prefix"] = "agents" },
                },
            }),
        }.ToJsonString());
    }

    private static async Task<string> RunAsync(Served served, string volume, bool keep) => (string)(await served.AwsAsync(
        "ecs", "run-task", "--cluster", "tide", "--task-definition", "f", "--launch-type", "FARGATE",
        "--network-configuration", "awsvpcConfiguration={subnets=[subnet-1]}",
        "--volume-configurations",
        $$$$"""
        [{"name":"v","managedEBSVolume":{"roleArn":"arn:aws:iam::000000000000:role/r",{{{{volume}}}},
          "terminationPolicy":{"deleteOnTermination":{{{{(keep ? "false" : "true")}}}} } } }]
        """))!["tasks"]![0]!["taskArn"]!;

    private static async Task<string> VolumeOfAsync(Served served, string task)
    {
        await served.AwsAsync("ecs", "wait", "tasks-running", "--cluster", "tide", "--tasks", task);
        var described = (await served.AwsAsync("ecs", "describe-tasks", "--cluster", "tide", "--tasks", task))!["tasks"]![0]!;
        return (string)described["attachments"]!.AsArray().Single(attachment => (string?)attachment!["type"] == "AmazonElasticBlockStorage")!["details"]!.AsArray()
            .Single(detail => (string?)detail!["name"] == "volumeId")!["value"]!;
    }

    private static async Task WrittenAsync(Scratch scratch, string volume)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!File.Exists(Path.Combine(scratch.Environments.Single(), "ebs", "mounted", volume, "x")))
        {
            await Wait.BrieflyAsync(limit.Token);
        }
    }
}
