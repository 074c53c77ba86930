using System.Text.Json.Nodes;

namespace Tidepool.Cli.Tests;

/// <summary>EFS file systems without an emulator: made, used by tasks of served environments, and removed, with the command line alone.</summary>
public sealed class FileSystemSpecs
{
    [Fact]
    public async Task A_file_system_is_made_outlives_a_killed_environment_and_goes_when_it_is_removed_by_its_id()
    {
        using var scratch = new Scratch();
        var id = await SucceedAsync(scratch, "create-file-system", "--name", "shared");
        var point = await SucceedAsync(scratch, "create-access-point", id, "--path", "/agents", "--uid", "1000", "--gid", "1000", "--permissions", "0750");
        var volume = new JsonObject
        {
            ["name"] = "efs",
            ["efsVolumeConfiguration"] = new JsonObject
            {
                ["fileSystemId"] = id,
                ["transitEncryption"] = "ENABLED",
                ["authorizationConfig"] = new JsonObject { ["accessPointId"] = point },
            },
        };
        await using (var served = await Served.StartAsync(scratch))
        {
            var writer = await served.RunAsync(Container("echo kept > /efs/a; sleep 1000"), volume.DeepClone().AsObject());
            await served.AwsAsync("ecs", "wait", "tasks-running", "--cluster", "tide", "--tasks", writer);
            await Wait.UntilAsync(() => Directory.GetFiles(Path.Combine(scratch.State, "tidepool", "storage"), "a", SearchOption.AllDirectories).Length > 0, "the task has written");

            var refused = await RunAsync(scratch, "remove", id, "--yes");
            Assert.Equal((2, $"EFS004: Tasks use the EFS file system {id}. Stop them, then remove it.\n"), (refused.ExitCode, refused.Error));
            await served.Process.SignalAsync("KILL");
            await served.Process.EndAsync();
        }

        await using (var served = await Served.StartAsync(scratch))
        {
            var reader = await served.RunAsync(Container("grep -q kept /efs/a"), volume);
            await served.AwsAsync("ecs", "wait", "tasks-stopped", "--cluster", "tide", "--tasks", reader);
            var task = (await served.AwsAsync("ecs", "describe-tasks", "--cluster", "tide", "--tasks", reader))!["tasks"]![0]!;
            Assert.Equal(0, (int)task["containers"]![0]!["exitCode"]!);
        }

        var listed = await RunAsync(scratch, "list");
        Assert.Matches(
            $"^ID  [^\n]+\n{id}  EFS file system, [-0-9]+ [:0-9]+, shared\n{point}  access point of {id} at /agents, everyone is 1000:1000\n$", listed.Output);
        Assert.Equal($"removed {id}", await SucceedAsync(scratch, "remove", id, "--yes"));
        Assert.Equal("There is none: no EBS volume, no snapshot and no EFS file system.", await SucceedAsync(scratch, "list"));
    }

    [Theory]
    [InlineData("EFS002: There is no EFS file system fs-01234567 that was made on this machine. See what there is: tidepool storage list. What an emulator has is made and removed there.\n",
        "create-access-point", "fs-01234567", "--path", "/a")]
    [InlineData("EFS006: Only one of --uid and --gid is given. Give both, or neither.\n", "create-access-point", "fs-01234567", "--path", "/a", "--uid", "1")]
    [InlineData("EFS002: There is no EFS access point fsap-1 that was made on this machine. See what there is: tidepool storage list. What an emulator has is made and removed there.\n",
        "remove", "fsap-1", "--yes")]
    [InlineData("EFS002: There is no EFS file system fs-../../x that was made on this machine. See what there is: tidepool storage list. What an emulator has is made and removed there.\n",
        "remove", "fs-../../x", "--yes")]
    [InlineData("CLI001: --permissions is '0999'; it must be three or four octal digits, as in 0755. Run 'tidepool storage create-access-point --help' to see what there is.\n",
        "create-access-point", "fs-01234567", "--path", "/a", "--permissions", "0999")]
    public async Task What_cannot_be_is_told_in_one_line(string problem, params string[] arguments)
    {
        using var scratch = new Scratch();
        var outcome = await RunAsync(scratch, arguments);
        Assert.Equal((2, problem), (outcome.ExitCode, outcome.Error));
    }

    private static JsonObject Container(string script) => new()
    {
        ["name"] = "agent-1",
        ["image"] = "tidepool-agent:1",
        ["command"] = new JsonArray("bash", "-c", script),
        ["stopTimeout"] = 2,
        ["mountPoints"] = new JsonArray(new JsonObject { ["sourceVolume"] = "efs", ["containerPath"] = "/efs" }),
    };

    private static async Task<string> SucceedAsync(Scratch scratch, params string[] arguments)
    {
        var outcome = await RunAsync(scratch, arguments);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return outcome.Output.TrimEnd('\n');
    }

    private static async Task<Outcome> RunAsync(Scratch scratch, params string[] arguments)
    {
        await using var process = TidepoolProcess.Start(scratch, ["storage", .. arguments]);
        return await process.EndAsync();
    }
}
