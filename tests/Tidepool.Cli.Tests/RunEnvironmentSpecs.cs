namespace Tidepool.Cli.Tests;

/// <summary>How <c>tidepool run</c> finds the environment that is meant.</summary>
public sealed class RunEnvironmentSpecs
{
    private const string NeedsNoAgent = "pool: Other\nsteps:\n- script: x\n";

    private static string NoEnvironment(Scratch scratch) =>
        $"RUN001: No environment is served under {Path.Combine(scratch.State, "tidepool", "environments")}. "
        + "Start one: tidepool serve. One of another user, or under another XDG_STATE_HOME, is not found here.\n";

    [Fact]
    public async Task Without_one_it_says_how_to_start_one()
    {
        using var scratch = new Scratch();
        await scratch.PipelineAsync(NeedsNoAgent);
        var outcome = await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml");
        Assert.Equal(
            (2, "", NoEnvironment(scratch)), (outcome.ExitCode, outcome.Output, outcome.Error));
    }

    [Fact]
    public async Task What_a_killed_one_left_is_none()
    {
        using var scratch = new Scratch();
        await scratch.PipelineAsync(NeedsNoAgent);
        await using var served = await Served.StartAsync(scratch);
        await served.Process.SignalAsync("KILL");
        await served.Process.EndAsync();
        Assert.True(File.Exists(Path.Combine(Assert.Single(scratch.Environments), "environment.json")));
        var outcome = await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml");
        Assert.Equal((2, NoEnvironment(scratch)), (outcome.ExitCode, outcome.Error));
    }

    [Fact]
    public async Task Only_its_owner_can_read_what_tells_of_it()
    {
        using var scratch = new Scratch();
        await using var served = await Served.StartAsync(scratch);
        var folder = Assert.Single(scratch.Environments);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "environment.json")));
        await served.Process.SignalAsync("TERM");
        Assert.Equal(0, (await served.Process.EndAsync()).ExitCode);
        Assert.Empty(scratch.Environments);
    }

    [Fact]
    public async Task Of_two_it_wants_one_named_by_its_folder_or_by_a_URL_of_it()
    {
        using var scratch = new Scratch();
        await scratch.PipelineAsync(NeedsNoAgent);
        await using var one = await Served.StartAsync(scratch);
        var first = Assert.Single(scratch.Environments);
        await using var two = await Served.StartAsync(scratch);
        var second = Assert.Single(scratch.Environments, folder => folder != first);

        var unnamed = await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml");
        Assert.Equal(2, unnamed.ExitCode);
        Assert.StartsWith("RUN002: 2 environments are served on this machine:\n", unnamed.Error, StringComparison.Ordinal);
        Assert.Contains($"  {first} (ECS {one.Exports["AWS_ENDPOINT_URL"]}, Azure Pipelines {one.Exports["AZP_URL"]})\n", unnamed.Error);
        Assert.Contains($"  {second} (ECS {two.Exports["AWS_ENDPOINT_URL"]}, Azure Pipelines {two.Exports["AZP_URL"]})\n", unnamed.Error);
        Assert.EndsWith("Name one with --environment FOLDER or --environment URL.\n", unnamed.Error, StringComparison.Ordinal);

        foreach (var (name, url) in new[]
        {
            (first, one), (Path.GetFileName(second), two), (one.Exports["AWS_ENDPOINT_URL"], one), ($"{two.Exports["AZP_URL"]}/", two),
        }.Select(pair => (pair.Item1, pair.Item2.Exports["AZP_URL"])))
        {
            var named = await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml", "--environment", name, "--pool-map", "Default=fargate");
            Assert.Equal(1, named.ExitCode);
            Assert.Contains($" on {url}\n", named.Error);
        }

        var wrong = await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml", "--environment", "http://127.0.0.1:1/");
        Assert.Equal(2, wrong.ExitCode);
        Assert.StartsWith("RUN003: No environment http://127.0.0.1:1/ is served on this machine. These are:\n", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_environment_that_ends_before_the_run_is_one_clear_error()
    {
        using var scratch = new Scratch();
        await scratch.PipelineAsync("steps:\n- script: x\n");
        await using var served = await Served.StartAsync(scratch);
        await using var run = TidepoolProcess.Start(scratch, "run", "azure-pipelines.yml");
        await run.WaitForErrorAsync("Job waits: No agents were found in pool fargate.");
        await served.Process.SignalAsync("TERM");
        var outcome = await run.EndAsync();
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(
            "RUN004: The embedded Azure Pipelines service does not answer: it ended before the run did. See what 'tidepool serve' says, or start it again.",
            outcome.Error);
        Assert.Equal(0, (await served.Process.EndAsync()).ExitCode);
        Assert.Empty(scratch.Environments);
    }

    [Fact]
    public async Task A_task_that_comes_later_takes_the_job_that_waits()
    {
        using var scratch = new Scratch();
        await scratch.PipelineAsync("steps:\n- checkout: none\n- script: echo at last\n");
        await using var served = await Served.StartAsync(scratch);
        await using var run = TidepoolProcess.Start(scratch, "run", "azure-pipelines.yml");
        await run.WaitForErrorAsync("Job waits: No agents were found in pool fargate.");
        await ServedAgents.StartAgentsAsync(served, "agent-1");
        var outcome = await run.EndAsync();
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("│ at last", outcome.Error);
        await served.Process.SignalAsync("TERM");
        Assert.Equal(0, (await served.Process.EndAsync()).ExitCode);
        Assert.Empty(scratch.Environments);
    }
}
