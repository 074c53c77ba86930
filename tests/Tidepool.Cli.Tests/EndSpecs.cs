namespace Tidepool.Cli.Tests;

/// <summary>However it ends, nothing is left.</summary>
public sealed class EndSpecs : IDisposable
{
    private const string LongPipeline = "steps:\n- checkout: none\n- script: echo now it runs; exec tail -f /dev/null\n";

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_in_a_step_stops_every_process_and_removes_every_volume(string signal)
    {
        await using var tidepool = await RunLongAsync();
        var processes = Processes.Below(tidepool.Id);
        Assert.NotEmpty(processes);

        await tidepool.SignalAsync(signal);
        var outcome = await tidepool.EndAsync();

        Assert.Equal(130, outcome.ExitCode);
        Assert.Contains("stopped: every process has ended and every volume is removed", outcome.Error);
        Assert.DoesNotContain(processes, Processes.IsAlive);
        Assert.Empty(_scratch.Environments);
    }

    [Fact]
    public async Task A_signal_while_the_services_start_leaves_nothing()
    {
        await using var tidepool = TidepoolProcess.Start(_scratch, "demo");
        await Wait.UntilAsync(() => _scratch.Environments.Length > 0, "the environment's folder is there");
        await tidepool.SignalAsync("INT");
        Assert.Equal(130, (await tidepool.EndAsync()).ExitCode);
        Assert.Empty(_scratch.Environments);
    }

    [Fact]
    public async Task Killed_it_leaves_no_process_and_the_next_start_sweeps_what_it_left()
    {
        await using var tidepool = await RunLongAsync();
        var processes = Processes.Below(tidepool.Id);
        await tidepool.SignalAsync("KILL");
        await Wait.UntilAsync(() => !processes.Any(Processes.IsAlive), "its containers are gone");
        var left = Assert.Single(_scratch.Environments);

        await _scratch.PipelineAsync("steps:\n- checkout: none\n- script: echo ran\n");
        var next = await TidepoolProcess.RunAsync(_scratch, "rehearse", "azure-pipelines.yml");

        Assert.True(next.ExitCode == 0, next.Error);
        Assert.Contains("swept what a killed run left", next.Error);
        Assert.Contains(Path.GetFileName(left), next.Error);
        Assert.DoesNotContain("{", next.Error);
        Assert.Empty(_scratch.Environments);
    }

    [Fact]
    public async Task Two_at_once_do_not_disturb_each_other()
    {
        await using var first = await RunLongAsync();
        await File.WriteAllTextAsync(
            Path.Combine(_scratch.Folder, "short.yml"), "steps:\n- script: echo ran\n", TestContext.Current.CancellationToken);
        var second = await TidepoolProcess.RunAsync(_scratch, "rehearse", "short.yml");
        Assert.True(second.ExitCode == 0, second.Error);
        Assert.DoesNotContain("swept", second.Error);
        Assert.Single(_scratch.Environments);

        await first.SignalAsync("INT");
        Assert.Equal(130, (await first.EndAsync()).ExitCode);
        Assert.Empty(_scratch.Environments);
    }

    [Fact]
    public async Task An_agent_killed_in_mid_job_is_reported_lost_and_the_run_ends()
    {
        await using var tidepool = await RunLongAsync();
        foreach (var agent in Agents(tidepool))
        {
            Processes.Kill(agent);
        }

        var outcome = await tidepool.EndAsync();
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("lost: container agent-", outcome.Error);
        Assert.Contains("ended with exit code 137", outcome.Error);
        Assert.Empty(_scratch.Environments);
    }

    [Fact]
    public async Task An_agent_killed_within_its_restart_period_takes_its_task_along_and_the_service_starts_another()
    {
        // A tenth of AWS's times: the restart period of 60 s becomes 6 s, so that the container is not restarted in place.
        await _scratch.PipelineAsync(LongPipeline);
        await using var tidepool = TidepoolProcess.Start(_scratch, "rehearse", "azure-pipelines.yml", "--keep", "--time-scale", "0.1");
        await tidepool.WaitForErrorAsync("│ now it runs");
        foreach (var agent in Agents(tidepool))
        {
            Processes.Kill(agent);
        }

        await tidepool.WaitForErrorAsync("STOPPED: Essential container in task exited");
        await Wait.UntilAsync(() => tidepool.Error.Split(" RUNNING").Length > 2, "another task runs");
        await tidepool.WaitForErrorAsync("Ctrl-C stops every process");
        await tidepool.SignalAsync("INT");
        Assert.Equal(1, (await tidepool.EndAsync()).ExitCode);
        Assert.Empty(_scratch.Environments);
    }

    [Fact]
    public async Task Kept_it_stays_up_until_a_signal_and_answers_with_the_verdict()
    {
        await _scratch.PipelineAsync("steps:\n- checkout: none\n- script: echo ran\n");
        await using var tidepool = TidepoolProcess.Start(_scratch, "rehearse", "azure-pipelines.yml", "--keep");
        await tidepool.WaitForErrorAsync("Ctrl-C stops every process");
        Assert.Single(_scratch.Environments);
        await tidepool.SignalAsync("INT");
        Assert.Equal(0, (await tidepool.EndAsync()).ExitCode);
        Assert.Empty(_scratch.Environments);
    }

    private static IReadOnlyList<ProcessEntry> Agents(TidepoolProcess tidepool)
    {
        var agents = Processes.Below(tidepool.Id).Where(process => process.CommandLine.Contains("builtin --token-fd", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(agents);
        return agents;
    }

    private async Task<TidepoolProcess> RunLongAsync()
    {
        await _scratch.PipelineAsync(LongPipeline);
        var tidepool = TidepoolProcess.Start(_scratch, "rehearse", "azure-pipelines.yml");
        await tidepool.WaitForErrorAsync("│ now it runs");
        return tidepool;
    }
}
