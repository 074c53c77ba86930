using System.Text.Json;

namespace Tidepool.Cli.Tests;

public sealed class DemoSpecs(DemoRun demo) : IClassFixture<DemoRun>
{
    [Theory]
    [InlineData("same-task", "found")]
    [InlineData("other-task", "not-found")]
    [InlineData("task-replaced", "not-found")]
    [InlineData("container-restarted", "found")]
    public void Every_scenario_comes_out_as_Fargates_rules_say(string name, string expected)
    {
        var scenario = demo.Scenario(name);
        Assert.Equal(expected, scenario.GetProperty("expected").GetString());
        Assert.Equal(expected, scenario.GetProperty("observed").GetString());
        Assert.True(scenario.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public void It_exits_with_0_when_all_four_came_out_as_expected()
    {
        Assert.True(demo.Outcome.ExitCode == 0, demo.Outcome.Error);
    }

    [Theory]
    [InlineData("same-task")]
    [InlineData("container-restarted")]
    public void What_was_found_is_what_was_built(string name)
    {
        var proof = demo.Scenario(name).GetProperty("proof");
        var sha256 = proof.GetProperty("sha256").GetString();
        Assert.Matches("^[0-9a-f]{64}$", sha256);
        Assert.Equal(proof.GetProperty("builtSha256").GetString(), sha256);
    }

    [Theory]
    [InlineData("same-task")]
    [InlineData("other-task")]
    [InlineData("task-replaced")]
    [InlineData("container-restarted")]
    public void A_control_found_the_artifact_on_the_task_that_built(string name)
    {
        Assert.Equal("found", demo.Scenario(name).GetProperty("proof").GetProperty("control").GetString());
        Assert.Equal(demo.Job(name, "Build").GetProperty("taskArn").GetString(), demo.Job(name, "Control").GetProperty("taskArn").GetString());
    }

    [Theory]
    [InlineData("other-task")]
    [InlineData("task-replaced")]
    public void What_was_not_found_was_looked_for_in_another_tasks_empty_volume(string name)
    {
        var proof = demo.Scenario(name).GetProperty("proof");
        var (build, deploy) = (proof.GetProperty("build"), proof.GetProperty("deploy"));
        Assert.StartsWith("arn:aws:ecs:", build.GetProperty("taskArn").GetString());
        Assert.NotEqual(build.GetProperty("taskArn").GetString(), deploy.GetProperty("taskArn").GetString());
        Assert.StartsWith("/shared-storage/", proof.GetProperty("path").GetString());
        Assert.Equal("", proof.GetProperty("listing").GetString());
        Assert.Equal(deploy.GetProperty("inode").GetUInt64(), deploy.GetProperty("seenInode").GetUInt64());
        Assert.NotEqual(build.GetProperty("bornAt").GetString(), deploy.GetProperty("bornAt").GetString());
        Assert.Equal("failed", demo.Job(name, "Deploy").GetProperty("result").GetString());
        Assert.Equal(deploy.GetProperty("taskArn").GetString(), demo.Job(name, "Deploy").GetProperty("taskArn").GetString());
        Assert.Contains("A bind mount on Fargate belongs to one task", demo.Job(name, "Deploy").GetProperty("issues")[0].GetString());
    }

    [Fact]
    public void The_same_task_hands_over_between_two_containers()
    {
        Assert.Equal(demo.Job("same-task", "Build").GetProperty("taskArn").GetString(), demo.Job("same-task", "Deploy").GetProperty("taskArn").GetString());
        Assert.NotEqual(demo.Job("same-task", "Build").GetProperty("container").GetString(), demo.Job("same-task", "Deploy").GetProperty("container").GetString());
    }

    [Fact]
    public void A_restarted_container_keeps_the_volume_with_its_device_and_inode()
    {
        var proof = demo.Scenario("container-restarted").GetProperty("proof");
        Assert.Equal(1, proof.GetProperty("restarts").GetInt32());
        Assert.Equal(proof.GetProperty("build").GetProperty("inode").GetUInt64(), proof.GetProperty("deploy").GetProperty("inode").GetUInt64());
        Assert.Equal(proof.GetProperty("build").GetProperty("device").GetString(), proof.GetProperty("deploy").GetProperty("device").GetString());
    }

    [Fact]
    public void The_report_says_what_it_is_and_how_long_each_phase_took()
    {
        Assert.Equal("tidepool.rehearsal/1", demo.Report.GetProperty("schema").GetString());
        Assert.Equal("bind", demo.Report.GetProperty("storage").GetString());
        Assert.Equal("sandbox", demo.Report.GetProperty("runtime").GetString());
        Assert.Equal(
            ["start the services", "agents online", "same-task", "other-task", "task-replaced", "container-restarted"],
            demo.Report.GetProperty("phases").EnumerateArray().Select(phase => phase.GetProperty("name").GetString()));
        Assert.All(demo.Report.GetProperty("phases").EnumerateArray(), phase => Assert.True(phase.GetProperty("seconds").GetDouble() > 0));
    }

    [Fact]
    public void The_table_is_on_standard_output_and_what_follows_from_it()
    {
        Assert.Contains("container-restarted", demo.Outcome.Output);
        Assert.Contains("It is no good for work directories that must last", demo.Outcome.Output);
        Assert.DoesNotContain("NOT OK", demo.Outcome.Output);
    }

    [Fact]
    public void The_run_is_shown_as_it_happens_on_standard_error()
    {
        Assert.Contains("packed samples/site into /shared-storage/", demo.Outcome.Error);
        Assert.Contains("Pack the site into the shared volume", demo.Outcome.Error);
        Assert.Matches("Build.* on agent-[12]-[0-9a-f]{32}", demo.Outcome.Error);
    }

    [Fact]
    public void Nothing_is_left_of_the_environment() => Assert.Empty(demo.Left);

    [Fact]
    public async Task With_delays_as_on_AWS_scaled_down_all_four_come_out_the_same()
    {
        using var scratch = new Scratch();
        var outcome = await TidepoolProcess.RunAsync(scratch, "demo", "--time-scale", "0.02");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
    }

    [Theory]
    [InlineData("ebs", "not-found")]
    [InlineData("efs", "found")]
    public async Task Another_storage_comes_out_by_its_own_rules(string storage, string onAnotherTask)
    {
        using var scratch = new Scratch();
        var outcome = await TidepoolProcess.RunAsync(scratch, "demo", "--quiet", "--storage", storage, "--json", "-");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        var report = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.Equal(storage, report.GetProperty("storage").GetString());
        Assert.Equal(
            ["same-task found", $"other-task {onAnotherTask}", $"task-replaced {onAnotherTask}", "container-restarted found"],
            report.GetProperty("scenarios").EnumerateArray().Select(scenario => $"{scenario.GetProperty("name").GetString()} {scenario.GetProperty("observed").GetString()}"));
        Assert.Empty(scratch.Environments);
    }

    [Fact]
    public async Task A_storage_that_there_is_not_is_refused()
    {
        using var scratch = new Scratch();
        var outcome = await TidepoolProcess.RunAsync(scratch, "rehearse", "x.yml", "--storage", "nfs");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--storage is 'nfs'; it must be bind or ebs or efs.", outcome.Error);
    }

    [Fact]
    public async Task With_a_dash_the_report_alone_is_on_standard_output()
    {
        using var scratch = new Scratch();
        var outcome = await TidepoolProcess.RunAsync(scratch, "demo", "--quiet", "--json", "-");
        Assert.Equal(4, JsonDocument.Parse(outcome.Output).RootElement.GetProperty("scenarios").GetArrayLength());
    }
}
