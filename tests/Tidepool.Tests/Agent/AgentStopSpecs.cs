using Tidepool.AzurePipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Tests.Agent;

public sealed class AgentStopSpecs
{
    private const string Sleeper = """
        steps:
        - checkout: none
        - script: |
            echo "pid $$"
            echo go-on
            sleep 1000
          displayName: sleeps
        - script: echo cleaned
          displayName: cleans
          condition: always()
        - script: echo no
          displayName: by default
        """;

    [Fact]
    public async Task A_cancelled_job_ends_its_step_and_runs_what_always_runs()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();
        var run = agent.Queue(Sleeper);
        await AgentUnderTest.LineAsync(run, "go-on");

        await run.CancelAsync();

        Assert.Equal(NodeResult.Canceled, await run.Completion.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
        var snapshot = run.Snapshot();
        Assert.Equal(NodeResult.Canceled, snapshot.Step("sleeps").Result);
        Assert.Equal(NodeResult.Succeeded, snapshot.Step("cleans").Result);
        Assert.Equal(NodeResult.Skipped, snapshot.Step("by default").Result);
        Assert.Equal(NodeResult.Succeeded, (await agent.RunAsync("steps:\n- checkout: none\n- script: 'true'")).Result);
    }

    [Fact]
    public async Task A_step_that_always_runs_is_not_cut_short_by_a_cancel()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();
        var run = agent.Queue("""
            steps:
            - checkout: none
            - script: |
                echo go-on
                while [ ! -e ../stop ]; do sleep 0.02; done
                echo to-the-end
              displayName: stays
              condition: always()
            - script: echo no
              displayName: by default
            """);
        await AgentUnderTest.LineAsync(run, "go-on");

        await run.CancelAsync();
        await File.WriteAllTextAsync(Path.Combine(agent.Folder, "_work/1/stop"), "", TestContext.Current.CancellationToken);

        Assert.Equal(NodeResult.Canceled, await run.Completion.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
        Assert.Contains("to-the-end", run.Snapshot().Step("stays").LogLines());
        Assert.Equal(NodeResult.Skipped, run.Snapshot().Step("by default").Result);
    }

    [Fact]
    public async Task A_step_that_obeys_no_signal_is_killed_with_all_it_started()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();
        var run = agent.Queue("""
            steps:
            - checkout: none
            - bash: |
                trap '' INT TERM
                bash -c 'trap "" INT TERM; echo "child $$"; while :; do sleep 0.1; done' &
                sleep 0.2
                echo go-on
                while :; do sleep 0.1; done
              displayName: stubborn
            """);
        await AgentUnderTest.LineAsync(run, "go-on");

        await run.CancelAsync();

        Assert.Equal(NodeResult.Canceled, await run.Completion.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists($"/proc/{Pid(run.Snapshot(), "child ")}"));
    }

    [Fact]
    public async Task What_a_step_leaves_running_lives_until_the_job_ends_and_no_longer()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        var run = await agent.RunAsync("""
            steps:
            - checkout: none
            - bash: |
                sleep 1001 > /dev/null 2>&1 &
                echo "plain $!"
                setsid sleep 1002 > /dev/null 2>&1 &
                echo "session $!"
                (env -i sleep 1003 > /dev/null 2>&1 & echo "unmarked $!")
                echo "$!" > pids
              displayName: leaves
            - bash: |
                for name in 1001 1002 1003; do pgrep -f "^sleep $name" -u "$(id -u)" > /dev/null && echo "alive $name"; done
                (sleep 0.05 &)
                for try in $(seq 100); do
                  sleep 0.02
                  zombies=$(ps -o stat= --ppid "$PPID" | grep -c Z)
                  [ "$zombies" = 0 ] && break
                done
                echo "zombies $zombies"
              displayName: looks
            """);

        run.MustBe(NodeResult.Succeeded);
        Assert.Equal(["alive 1001", "alive 1002", "alive 1003", "zombies 0"], run.Step("looks").LogLines().Where(
            line => line.StartsWith("alive", StringComparison.Ordinal) || line.StartsWith("zombies", StringComparison.Ordinal)));
        foreach (var kind in (string[])["plain ", "session ", "unmarked "])
        {
            Assert.False(Directory.Exists($"/proc/{Pid(run, kind)}"), $"The {kind}process outlived its job.");
        }
        Assert.Contains(run.Step("Finalize Job").LogLines(), line => line.EndsWith("(sleep)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_step_whose_left_over_holds_its_output_ends_all_the_same()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        var run = await agent.RunAsync("""
            steps:
            - checkout: none
            - bash: sleep 1000 & echo started
            """);

        run.MustBe(NodeResult.Succeeded);
        Assert.Contains("started", run.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_idle_agent_leaves_the_pool_at_SIGTERM()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();

        await agent.SignalAsync("TERM");

        Assert.Equal(0, await agent.ExitAsync());
        Assert.Empty(agent.Service.Agents);
    }

    [Fact]
    public async Task At_SIGTERM_the_running_job_ends_in_peace_and_no_other_begins()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();
        var run = agent.Queue("""
            steps:
            - checkout: none
            - script: |
                echo go-on
                while [ ! -e ../stop ]; do sleep 0.02; done
            """);
        await AgentUnderTest.LineAsync(run, "go-on");

        await agent.SignalAsync("TERM");
        await agent.PoolAsync(agents => agents is [{ Enabled: false }]);
        var second = agent.Queue("steps:\n- checkout: none\n- script: 'true'");
        await File.WriteAllTextAsync(Path.Combine(agent.Folder, "_work/1/stop"), "", TestContext.Current.CancellationToken);

        Assert.Equal(NodeResult.Succeeded, await run.Completion.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
        Assert.Equal(0, await agent.ExitAsync());
        Assert.Empty(agent.Service.Agents);
        Assert.Null(second.Snapshot().Job().StartedAt);
    }

    [Fact]
    public async Task A_job_that_outlives_the_drain_is_cancelled()
    {
        await using var agent = await AgentUnderTest.OnlineAsync(new Dictionary<string, string> { ["AZP_DRAIN_SECONDS"] = "1" });
        var run = agent.Queue(Sleeper);
        await AgentUnderTest.LineAsync(run, "go-on");

        await agent.SignalAsync("TERM");

        Assert.Equal(0, await agent.ExitAsync());
        Assert.Equal(NodeResult.Canceled, await run.Completion.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
        Assert.Equal(NodeResult.Succeeded, run.Snapshot().Step("cleans").Result);
        Assert.Empty(agent.Service.Agents);
    }

    [Fact]
    public async Task SIGINT_cancels_the_job_at_once()
    {
        await using var agent = await AgentUnderTest.OnlineAsync();
        var run = agent.Queue(Sleeper);
        await AgentUnderTest.LineAsync(run, "go-on");

        await agent.SignalAsync("INT");

        Assert.Equal(0, await agent.ExitAsync());
        Assert.Equal(NodeResult.Canceled, await run.Completion.WaitAsync(AgentUnderTest.Limit, TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists($"/proc/{Pid(run.Snapshot(), "pid ")}"));
        Assert.Empty(agent.Service.Agents);
    }

    private static string Pid(RunSnapshot run, string prefix) =>
        run.Text().Split('\n').First(line => line.StartsWith(prefix, StringComparison.Ordinal) && char.IsDigit(line[prefix.Length]))[prefix.Length..];
}
