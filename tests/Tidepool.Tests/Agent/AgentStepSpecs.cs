using Tidepool.Agent.Steps;
using Tidepool.AgentProtocol;

namespace Tidepool.Tests.Agent;

/// <summary>What job messages can say of steps that pipelines of today cannot.</summary>
public sealed class AgentStepSpecs
{
    [Fact]
    public async Task A_step_that_fails_is_tried_again_as_often_as_it_says_and_its_last_try_counts()
    {
        await using var server = await JobServer.StartAsync();

        var job = await server.RunAsync(
            JobServer.Bash("echo x >> tries; [ $(wc -l < tries) = 2 ]", "second") with { RetryCountOnTaskFailure = 3 },
            JobServer.Bash("exit 7", "never") with { RetryCountOnTaskFailure = 1, ContinueOnError = true });

        job.MustBe("succeededWithIssues");
        Assert.Equal("succeeded", job.Step("second").Result);
        Assert.Equal(
            ["error: Bash exited with code '1'.", "warning: RetryHelper encountered task failure, will retry (attempt #: 1 out of 3) after 1000 ms"], job.Issues("second"));
        Assert.Equal("succeededWithIssues", job.Step("never").Result);
        Assert.Equal(2, job.Issues("never").Count(issue => issue == "error: Bash exited with code '7'."));
    }

    [Fact]
    public async Task A_null_character_in_an_input_or_a_command_fails_its_step_and_not_the_agent()
    {
        await using var server = await JobServer.StartAsync();

        var job = await server.RunAsync(
            JobServer.BuiltIn(TaskReference.CmdLine, "input", ("script", "true"), ("workingDirectory", "a\0b")) with { ContinueOnError = true },
            JobServer.Bash("true", "env") with { Environment = new Dictionary<string, string> { ["A"] = "b\0c" }, ContinueOnError = true },
            JobServer.Bash(@"printf '##vso[artifact.upload artifactname=a]x\0y\n'", "command") with { ContinueOnError = true },
            JobServer.Bash("echo lives", "after"));

        job.MustBe("succeededWithIssues");
        Assert.Equal(["error: The input 'workingDirectory' contains a null character."], job.Issues("input"));
        Assert.Equal(["error: The environment variable 'A' contains a null character."], job.Issues("env"));
        Assert.Contains("error: ##vso[artifact.upload] contains a null character.", job.Issues("command"));
        Assert.Equal(["lives"], job.Output("after"));
    }

    [Fact]
    public async Task A_step_that_is_skipped_says_why()
    {
        await using var server = await JobServer.StartAsync();

        var job = await server.RunAsync(JobServer.Bash("echo no", "step") with { Condition = "eq(variables['Build.BuildNumber'], '2')" });

        job.MustBe("succeeded");
        Assert.Equal(("skipped", "Skipping step due to condition evaluation."), (job.Step("step").Result, job.Step("step").ResultCode));
        Assert.Equal("Skipping step due to condition evaluation.", job.Lines("step")[0]);
        Assert.Equal("Result: False", job.Lines("step")[^1]);
        Assert.Contains(job.Lines("step"), line => line.Contains("'2'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cancelled_step_says_so_and_steps_that_always_run_still_do()
    {
        await using var server = await JobServer.StartAsync();
        var message = new AgentJobRequestMessage
        {
            JobId = Guid.NewGuid(),
            Variables = new Dictionary<string, VariableValue> { ["PROCESS_SIGINT_TIMEOUT"] = new() { Value = "100" }, ["PROCESS_SIGTERM_TIMEOUT"] = new() { Value = "100" } },
            Steps =
            [
                JobServer.Bash("trap '' INT TERM; touch ../started; while true; do sleep 1; done", "stubborn"),
                JobServer.Bash("echo no", "by default"),
                JobServer.Bash("echo $AGENT_JOBSTATUS", "always") with { Condition = "always()" },
            ],
        };

        var end = server.Send(message);
        await ServiceUnderTestUntil(() => File.Exists(Path.Combine(server.Workspace, "started")));
        server.Cancel(message.JobId, TimeSpan.FromMinutes(1));

        // The defaults would take ten seconds.
        var job = server.Outcome(message, await end.WaitAsync(TimeSpan.FromSeconds(8), TestContext.Current.CancellationToken));
        job.MustBe("canceled");
        Assert.Equal(
            ["error: The Operation will be canceled. The next steps may not contain expected logs.", "error: The operation was canceled."], job.Issues("stubborn"));
        Assert.Equal(("canceled", "skipped", "succeeded"), (job.Step("stubborn").Result, job.Step("by default").Result, job.Step("always").Result));
        Assert.Equal(["Canceled"], job.Output("always"));
    }

    [Fact]
    public async Task A_message_about_live_lines_or_another_version_disturbs_nothing()
    {
        await using var server = await JobServer.StartAsync();
        var message = new AgentJobRequestMessage { JobId = Guid.NewGuid(), Steps = [JobServer.Bash("touch ../started; until [ -e ../go ]; do sleep 0.05; done; echo done", "step")] };

        var end = server.Send(message);
        await ServiceUnderTestUntil(() => File.Exists(Path.Combine(server.Workspace, "started")));
        server.Send(TaskAgentMessage.JobMetadata, $$"""{"jobId":"{{message.JobId}}","postLinesFrequencyMillis":500}""");
        server.Send(TaskAgentMessage.AgentRefresh, """{"agentId":1,"timeout":"00:05:00","targetVersion":"9.9.9"}""");
        server.Send("NoSuchMessage", "{}");
        await File.WriteAllTextAsync(Path.Combine(server.Workspace, "go"), "", TestContext.Current.CancellationToken);

        var job = server.Outcome(message, await end.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
        job.MustBe("succeeded");
        Assert.Equal(["done"], job.Output("step"));
    }

    [Fact]
    public async Task A_step_that_prints_very_much_loses_no_line_of_its_log()
    {
        const int Lines = 200_000;
        await using var server = await JobServer.StartAsync();

        var job = await server.RunAsync(JobServer.Bash($"seq {Lines}", "step"));

        job.MustBe("succeeded");
        Assert.Equal(Enumerable.Range(1, Lines).Select(number => $"{number}"), job.Output("step"));
        Assert.InRange(server.LiveLines, 1000, Lines + 100);
    }

    [Fact]
    public async Task PowerShell_runs_where_it_is_and_is_missed_by_name_where_it_is_not()
    {
        await using var server = await JobServer.StartAsync();
        var tools = Directory.CreateDirectory(Path.Combine(server.Folder, "tools")).FullName;

        // A stand-in that shows how it is called.
        await File.WriteAllTextAsync(
            Path.Combine(tools, "pwsh"), "#!/bin/bash\ncat \"$(grep -o \"/[^']*\" <<< \"${@: -1}\")\"; echo 'to stderr' >&2; exit 3\n", TestContext.Current.CancellationToken);
        await AgentUnderTest.RunAsync("chmod", "755", Path.Combine(tools, "pwsh"));
        var step = JobServer.BuiltIn(TaskReference.PowerShell, "step", ("targetType", "inline"), ("script", "Write-Host hi"), ("pwsh", "true"), ("failOnStderr", "true"));

        var job = await server.RunAsync(step);
        job.MustBe("failed");
        Assert.Equal(
            ["error: Unable to locate executable file: 'pwsh'. Install PowerShell in the image of this container, or write the step as bash."], job.Issues("step"));

        job = await server.RunAsync(JobServer.Bash($"echo '##vso[task.prependpath]{tools}'"), step);
        job.MustBe("failed");
        Assert.Equal(["$ErrorActionPreference = 'stop'", "Write-Host hi"], job.Output("step").Take(2));
        Assert.Equal(
            [
                "error: PowerShell exited with code '3'.", "error: PowerShell wrote one or more lines to the standard error stream.", "error: to stderr",
            ],
            job.Issues("step"));
    }

    [Theory]
    [InlineData(null, null, 7.5, 2.5)]
    [InlineData("100", "x", 0.1, 2.5)]
    public void The_time_to_end_by_itself_can_be_set(string? interrupt, string? terminate, double afterInterrupt, double afterTerminate)
    {
        var spans = StopSpans.Of(name => name == "PROCESS_SIGINT_TIMEOUT" ? interrupt : terminate);

        Assert.Equal((afterInterrupt, afterTerminate), (spans.AfterInterrupt.TotalSeconds, spans.AfterTerminate.TotalSeconds));
    }

    private static Task ServiceUnderTestUntil(Func<bool> condition) => AzurePipelines.ServiceUnderTest.UntilAsync(condition);
}
