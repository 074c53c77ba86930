using System.Text.Json.Nodes;

namespace Tidepool.Cli.Tests;

public sealed class InterruptSpecs
{
    [Fact]
    public async Task A_task_on_Spot_is_interrupted_and_one_on_other_capacity_is_not()
    {
        using var scratch = new Scratch();
        await using var served = await Served.StartAsync(scratch);
        var ordinary = await served.RunAsync(new() { ["name"] = "a", ["image"] = "tidepool-agent:1", ["command"] = new JsonArray("sleep", "1000"), ["stopTimeout"] = 2 });
        await served.AwsAsync(
            "ecs", "put-cluster-capacity-providers", "--cluster", "tide", "--capacity-providers", "FARGATE_SPOT", "--default-capacity-provider-strategy", "[]");
        var run = await served.AwsAsync(
            "ecs", "run-task", "--cluster", "tide", "--task-definition", "f", "--capacity-provider-strategy", "capacityProvider=FARGATE_SPOT",
            "--network-configuration", "awsvpcConfiguration={subnets=[subnet-1]}");
        var spot = (string)run!["tasks"]![0]!["taskArn"]!;
        await served.AwsAsync("ecs", "wait", "tasks-running", "--cluster", "tide", "--tasks", ordinary, spot);

        var outcome = await TidepoolProcess.RunAsync(scratch, "interrupt", spot.Split('/')[^1]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.StartsWith($"{spot} has its notice: ", outcome.Output, StringComparison.Ordinal);
        await served.AwsAsync("ecs", "wait", "tasks-stopped", "--cluster", "tide", "--tasks", spot);
        var stopped = (await served.AwsAsync("ecs", "describe-tasks", "--cluster", "tide", "--tasks", spot))!["tasks"]![0]!;
        Assert.Equal(
            ("SpotInterruption", "Your Spot Task was interrupted.", 137),
            ((string?)stopped["stopCode"], (string?)stopped["stoppedReason"], (int?)stopped["containers"]![0]!["exitCode"]));

        var refused = await TidepoolProcess.RunAsync(scratch, "interrupt", ordinary);
        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        Assert.Equal(
            $"RUN006: Task {ordinary.Split('/')[^1]} cannot be interrupted: it is on FARGATE, whose capacity AWS does not take back. "
            + "Start it with the capacity provider FARGATE_SPOT. 'aws ecs describe-tasks' shows what it is on and how it stands.\n",
            refused.Error);
        await served.Process.SignalAsync("TERM");
        await served.Process.EndAsync();
    }

    [Fact]
    public async Task Without_a_served_environment_there_is_nothing_to_interrupt()
    {
        using var scratch = new Scratch();
        var outcome = await TidepoolProcess.RunAsync(scratch, "interrupt", "0123456789abcdef0123456789abcdef");
        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith("RUN001: ", outcome.Error, StringComparison.Ordinal);
    }
}
