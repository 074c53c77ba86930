using System.Net;
using System.Net.Sockets;

namespace Tidepool.Cli.Tests;

/// <summary>One clear error each, and nothing left behind.</summary>
public sealed class BadInputSpecs : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_pipeline_that_is_not_there()
    {
        var outcome = await TidepoolProcess.RunAsync(_scratch, "rehearse", "none.yml");
        Refused(outcome, $"REHEARSAL004: There is no pipeline {_scratch.Folder}/none.yml. Name an existing YAML file.");
    }

    [Fact]
    public async Task A_file_that_is_not_yaml_is_refused_with_its_line_and_column()
    {
        await _scratch.PipelineAsync("steps:\n- script: [\n");
        Refused(await TidepoolProcess.RunAsync(_scratch, "rehearse", "azure-pipelines.yml"), "/azure-pipelines.yml (Line: 3, Col: 1): ");
    }

    [Fact]
    public async Task A_key_that_the_schema_does_not_know_and_one_that_Fargate_cannot_do_are_named_both_at_once()
    {
        await _scratch.PipelineAsync("steps:\n- script: x\n  colour: red\n- script: y\n  target: ubuntu\n");
        var outcome = await TidepoolProcess.RunAsync(_scratch, "rehearse", "azure-pipelines.yml");
        Refused(outcome, "/azure-pipelines.yml (Line: 3, Col: 3): Unexpected value 'colour'");
        Assert.Contains("/azure-pipelines.yml (Line: 5, Col: 11): 'target: ubuntu' needs a Docker engine, which a Fargate task does not have.", outcome.Error);
        Assert.Contains("1 of 2 steps run here", outcome.Error);
    }

    [Fact]
    public async Task A_cycle_of_dependencies()
    {
        await _scratch.PipelineAsync("""
            jobs:
            - job: A
              steps: [{ script: x }]
            - job: B
              dependsOn: C
              steps: [{ script: x }]
            - job: C
              dependsOn: B
              steps: [{ script: x }]
            """);
        Refused(await TidepoolProcess.RunAsync(_scratch, "rehearse", "azure-pipelines.yml"), "which creates a cycle in the dependency graph.");
    }

    [Fact]
    public async Task A_demand_that_no_agent_meets_fails_the_job_at_once_in_the_services_words()
    {
        await _scratch.PipelineAsync("pool:\n  name: fargate\n  demands: gpu\nsteps:\n- script: x\n");
        var outcome = await TidepoolProcess.RunAsync(_scratch, "rehearse", "azure-pipelines.yml");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("No agent found in pool fargate which satisfies the following demand: gpu. All demands: gpu", outcome.Error);
        Assert.Empty(_scratch.Environments);
    }

    [Fact]
    public async Task A_pool_that_the_map_does_not_name_fails_the_job_at_once_in_the_services_words()
    {
        await _scratch.PipelineAsync("pool: Other\nsteps:\n- script: x\n");
        var outcome = await TidepoolProcess.RunAsync(_scratch, "rehearse", "azure-pipelines.yml", "--pool-map", "Default=fargate");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("Could not find a pool with name Other. The pool does not exist or has not been authorized for use.", outcome.Error);
    }

    [Fact]
    public async Task A_pool_map_to_a_pool_that_is_not_here() => Refused(
        await TidepoolProcess.RunAsync(_scratch, "demo", "--pool-map", "Default=gpu"),
        "REHEARSAL006: The pool map sends Default to the pool gpu, which is not here. Send it to fargate, the one pool of the embedded service.");

    [Fact]
    public async Task A_task_size_that_Fargate_does_not_have() => Refused(
        await TidepoolProcess.RunAsync(_scratch, "demo", "--cpu", "512", "--memory", "8192"),
        "TASK011: $.cpu: No Fargate configuration exists for given values. 512 CPU units do not go with 8192 MiB. Use 1024 to 4096 MiB in steps of 1024.");

    [Fact]
    public async Task A_port_in_use()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Refused(
            await TidepoolProcess.RunAsync(_scratch, "demo", "--port", $"{port}"),
            $"SERVICE001: The embedded Azure Pipelines service cannot listen on 127.0.0.1:{port}: the port is in use.");
    }

    [Fact]
    public async Task A_machine_without_bubblewrap()
    {
        _scratch.Environment["PATH"] = _scratch.Folder;
        var outcome = await TidepoolProcess.RunAsync(_scratch, "demo");
        Refused(outcome, "SANDBOX");
        Assert.Contains("apt-get install bubblewrap", outcome.Error);
    }

    [Fact]
    public async Task A_folder_that_is_no_git_repository()
    {
        await File.WriteAllTextAsync(Path.Combine(_scratch.Folder, "p.yml"), "steps:\n- script: x\n", TestContext.Current.CancellationToken);
        Refused(await TidepoolProcess.RunAsync(_scratch, "rehearse", "p.yml"), $"SERVICE004: {_scratch.Folder} is not in the working tree of a git repository");
    }

    [Fact]
    public async Task A_missing_agent_binary()
    {
        _scratch.Environment["TIDEPOOL_AGENT_BINARY"] = "/nowhere/tidepool-agent";
        Refused(await TidepoolProcess.RunAsync(_scratch, "demo"), "There is no agent binary at /nowhere/tidepool-agent.");
    }

    [Fact]
    public async Task An_agent_that_ends_at_once()
    {
        _scratch.Environment["TIDEPOOL_AGENT_BINARY"] = "/bin/false";
        var outcome = await TidepoolProcess.RunAsync(_scratch, "demo");
        Refused(outcome, "REHEARSAL002: Task ");
        Assert.Contains("stopped before its agents were online: Essential container in task exited", outcome.Error);
    }

    [Fact]
    public async Task Agents_that_end_over_and_over_before_they_are_online()
    {
        var agent = Path.Combine(_scratch.Folder, "agent.sh");
        await File.WriteAllTextAsync(agent, "#!/bin/sh\necho the pool is closed\nsleep 0.2\nexit 1\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(agent, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        _scratch.Environment["TIDEPOOL_AGENT_BINARY"] = agent;
        var outcome = await TidepoolProcess.RunAsync(_scratch, "demo");
        Refused(outcome, "REHEARSAL007: Task ");
        Assert.Contains("has agents that end over and over before they are online. Its agents wrote: the pool is closed", outcome.Error);
    }

    [Fact]
    public async Task A_token_too_short_to_be_a_secret()
    {
        _scratch.Environment["TIDEPOOL_TOKEN"] = "1";
        Refused(
            await TidepoolProcess.RunAsync(_scratch, "demo"),
            "CLI009: TIDEPOOL_TOKEN has 1 characters. Use at least 16, or unset it to have one made.");
    }

    [Theory]
    [InlineData("2> /dev/full", 0)]
    [InlineData("> /dev/full", 1)]
    [InlineData("> /dev/full 2>&1", 1)]
    public async Task An_output_that_cannot_be_written_leaves_nothing_behind(string redirection, int exitCode)
    {
        await _scratch.PipelineAsync("steps:\n- checkout: none\n- script: echo ran\n");
        var outcome = await TidepoolProcess.RunInShellAsync(_scratch, $"rehearse azure-pipelines.yml {redirection}");
        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Equal(redirection == "> /dev/full", outcome.Error.Contains("CLI010: The output could not be written:", StringComparison.Ordinal));
        Assert.Empty(_scratch.Environments);
    }

    [Fact]
    public async Task A_report_file_in_a_folder_that_is_not_there() => Refused(
        await TidepoolProcess.RunAsync(_scratch, "demo", "--json", "/nowhere/report.json"),
        "CLI002: The report cannot be written to /nowhere/report.json. Name a file in a folder that exists, or - for standard output.");

    [Theory]
    [InlineData("CLI001: --agents is '0'; it must be a whole number from 1 to 10.", "demo", "--agents", "0")]
    [InlineData("CLI001: --time-scale is '2'; it must be a number from 0 to 1.", "demo", "--time-scale", "2")]
    [InlineData("CLI001: --time-scale is 'abc'; it must be a number from 0 to 1.", "demo", "--time-scale", "abc")]
    [InlineData("CLI001: --pool-map is 'x'; it must be NAME=POOL.", "demo", "--pool-map", "x")]
    [InlineData("REHEARSAL003: The demonstration hands over between agents of one task, and --agents is 1. Use --agents 2 or more.", "demo", "--agents", "1")]
    [InlineData("CLI001: Unrecognized command or argument 'bogus'.", "bogus")]
    public async Task Wrong_usage(string message, params string[] arguments) =>
        Refused(await TidepoolProcess.RunAsync(_scratch, arguments), message);

    [Fact]
    public async Task A_token_that_is_given_never_shows_in_what_is_printed()
    {
        _scratch.Environment["TIDEPOOL_TOKEN"] = "a-token-that-must-not-show";
        await _scratch.PipelineAsync("steps:\n- script: env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'\n");
        var outcome = await TidepoolProcess.RunAsync(_scratch, "rehearse", "azure-pipelines.yml", "--json", "-");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("AGENT_NAME=", outcome.Error);
        Assert.DoesNotContain("a-token-that-must-not-show", outcome.Error + outcome.Output);
    }

    private void Refused(Outcome outcome, string message)
    {
        Assert.Contains(message, outcome.Error);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
        Assert.Empty(_scratch.Environments);
    }
}
