using System.Text;
using System.Text.Json.Nodes;

namespace Tidepool.Cli.Tests;

/// <summary><c>tidepool run</c> against an environment that serves and has two agents.</summary>
public sealed class RunSpecs(ServedAgents agents) : IClassFixture<ServedAgents>
{
    [Fact]
    public async Task A_pipeline_that_succeeds_exits_with_0_and_shows_its_lines_and_its_report_names_the_task()
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync("""
            parameters:
            - name: who
              type: string
            stages:
            - stage: One
              jobs:
              - job: a
                steps:
                - script: echo hello ${{ parameters.who }} on ${{ variables['Build.SourceBranch'] }}; cat untracked.txt
                - bash: echo "##vso[task.setvariable variable=colour;isOutput=true]teal"
                  name: pick
            - stage: Two
              variables:
                colour: $[ stageDependencies.One.a.outputs['pick.colour'] ]
              jobs:
              - job: b
                steps:
                - script: echo the colour is $(colour)
            - stage: Three
              condition: failed()
              jobs:
              - job: c
                steps:
                - script: echo never shown
            """);
        await File.WriteAllTextAsync(Path.Combine(scratch.Folder, "untracked.txt"), "not yet added\n", TestContext.Current.CancellationToken);
        var outcome = await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml", "--parameters", "who=world", "--json", "-");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("4 of 4 steps run here", outcome.Error);
        Assert.Contains("│ hello world on refs/heads/main", outcome.Error);
        Assert.Contains("│ not yet added", outcome.Error);
        Assert.Contains("│ the colour is teal", outcome.Error);
        Assert.Contains("Three skipped", outcome.Error);
        Assert.DoesNotContain("never shown", outcome.Error);

        var report = JsonNode.Parse(outcome.Output)!;
        Assert.Equal("tidepool.rehearsal/1", (string?)report["schema"]);
        var run = report["scenarios"]![0]!["run"]!;
        Assert.Equal("succeeded", (string?)run["result"]);
        Assert.Equal(["One", "Two", "Three"], run["stages"]!.AsArray().Select(stage => (string?)stage!["name"]));
        var job = run["stages"]![0]!["jobs"]![0]!;
        Assert.StartsWith("arn:aws:ecs:us-east-1:000000000000:task/tide/", (string?)job["taskArn"]);
        Assert.StartsWith("agent-", (string?)job["container"]);
        Assert.Equal("no pool", (string?)job["mappedFrom"]);
        Assert.Equal(["Initialize job", "Checkout self", "CmdLine", "pick", "Finalize Job"], job["steps"]!.AsArray().Select(step => (string?)step!["name"]));
    }

    [Fact]
    public async Task Two_repositories_are_handed_over_and_checked_out_and_a_group_gives_variables()
    {
        using var tools = agents.Scratch();
        await File.WriteAllTextAsync(
            Path.Combine(tools.Folder, "say.yml"), "steps:\n- script: cat tools/word site/own\n- script: echo the key is $(key), the colour $(colour)\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(tools.Folder, "word"), "from the other repository\n", TestContext.Current.CancellationToken);
        await tools.PipelineAsync("steps: []\n");
        using var scratch = agents.Scratch();
        await File.WriteAllTextAsync(Path.Combine(scratch.Folder, "own"), "from its own\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(scratch.Folder, "..", "shore.json"), """{"colour": "teal", "key": {"value": "only-one-knows-it", "isSecret": true}}""", TestContext.Current.CancellationToken);
        await scratch.PipelineAsync("""
            variables:
            - group: shore of run
            resources:
              repositories:
              - {repository: tools, type: github, name: some/tools, endpoint: e}
            steps:
            - checkout: self
              path: s/site
            - checkout: tools
              path: s/tools
            - template: say.yml@tools
            """);

        var missing = await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml", "--repository", $"tools={tools.Folder}");
        var outcome = await TidepoolProcess.RunAsync(
            scratch, "run", "azure-pipelines.yml", "--repository", $"tools={tools.Folder}", "--variable-group", "shore of run=../shore.json", "--json", "-");
        var again = await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml");

        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("/azure-pipelines.yml (Line: 2, Col: 10): Variable group shore of run was not found or is not authorized for use.", missing.Error);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("│ from the other repository", outcome.Error);
        Assert.Contains("│ from its own", outcome.Error);
        Assert.Contains("│ the key is ***, the colour teal", outcome.Error);
        Assert.DoesNotContain("only-one-knows-it", outcome.Output + outcome.Error);
        Assert.Equal(2, again.ExitCode);
        Assert.Contains("/azure-pipelines.yml (Line: 5, Col: 5): The repository some/tools of type github is in no project of this service.", again.Error);
    }

    [Fact]
    public async Task A_pipeline_that_fails_exits_with_1_and_says_which_step()
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync("steps:\n- checkout: none\n- script: exit 3\n  displayName: Break it\n");
        var outcome = await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml", "--quiet");
        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains("step Break it: Bash exited with code '3'.", outcome.Output);
    }

    [Fact]
    public async Task Every_line_of_a_long_step_comes_and_its_log_can_be_read_back_over_HTTP()
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync("steps:\n- checkout: none\n- bash: seq -f \"line %.0f\" 20000\n  displayName: Count\n");
        var outcome = await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml", "--json", "-");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal(20000, outcome.Error.Split('\n').Count(line => line.Contains("│ line ", StringComparison.Ordinal)));

        var builds = $"tidepool/_apis/build/builds/{RunId(outcome.Output)}";
        var records = JsonNode.Parse(await agents.GetAsync($"{builds}/timeline"))!["records"]!.AsArray();
        var log = Assert.Single(records, record => (string?)record!["name"] == "Count")!["log"]!;
        var text = await agents.GetAsync($"{builds}/logs/{log["id"]}");
        Assert.Equal(20000, text.Split('\n').Count(line => line.Contains("Z line ", StringComparison.Ordinal)));
        var two = await agents.GetAsync($"{builds}/logs/{log["id"]}?startLine=2&endLine=3");
        Assert.Equal(text.Split('\n')[1..3], two.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Ctrl_C_cancels_the_run_and_follows_it_to_its_end()
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync("steps:\n- checkout: none\n- script: echo begun; sleep 600\n- script: echo cleaned up\n  condition: always()\n");
        await using var run = TidepoolProcess.Start(scratch, "run", "azure-pipelines.yml", "--json", "-");
        await run.WaitForErrorAsync("│ begun");
        await run.SignalAsync("INT");
        var outcome = await run.EndAsync();
        Assert.Equal(130, outcome.ExitCode);
        Assert.Contains("canceling the run, and following it to its end (once more to leave; the run is canceled all the same)", outcome.Error);
        Assert.Contains("│ cleaned up", outcome.Error);
        Assert.Contains("canceled, expected succeeded", outcome.Error);
        Assert.Equal(("completed", "canceled"), await StateAsync(RunId(outcome.Output)));
    }

    [Fact]
    public async Task A_Ctrl_C_that_arrives_twice_at_once_is_one()
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync("steps:\n- checkout: none\n- script: echo begun; sleep 600\n- script: echo cleaned up\n  condition: always()\n");
        await using var run = TidepoolProcess.Start(scratch, "run", "azure-pipelines.yml");
        await run.WaitForErrorAsync("│ begun");
        await Task.WhenAll(run.SignalAsync("INT"), run.SignalAsync("INT"));
        var outcome = await run.EndAsync();
        Assert.Equal(130, outcome.ExitCode);
        Assert.Contains("│ cleaned up", outcome.Error);
        Assert.Contains("canceled, expected succeeded", outcome.Error);
    }

    [Fact]
    public async Task A_second_Ctrl_C_leaves_at_once_and_the_run_is_canceled_all_the_same()
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync("steps:\n- checkout: none\n- bash: trap '' INT TERM; echo begun; while :; do sleep 0.2; done\n");
        await using var run = TidepoolProcess.Start(scratch, "run", "azure-pipelines.yml");
        await run.WaitForErrorAsync("│ begun");
        var id = RunIdOf(run.Error);
        await run.SignalAsync("INT");
        await Wait.UntilAsync(() => StateAsync(id).Result is ("cancelling" or "completed", _), "the run is being canceled");
        await run.SignalUntilAsync("INT", process => process.HasExited);
        var outcome = await run.EndAsync();
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.DoesNotContain("canceled, expected", outcome.Error);
        await Wait.UntilAsync(() => StateAsync(id).Result == ("completed", "canceled"), "the run has ended");
    }

    [Fact]
    public async Task A_run_goes_on_when_who_follows_it_is_killed()
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync("steps:\n- checkout: none\n- bash: echo begun; sleep 2; echo went on\n");
        await using var run = TidepoolProcess.Start(scratch, "run", "azure-pipelines.yml");
        await run.WaitForErrorAsync("│ begun");
        var id = RunIdOf(run.Error);
        await run.SignalAsync("KILL");
        await run.EndAsync();
        await Wait.UntilAsync(() => StateAsync(id).Result == ("completed", "succeeded"), "the run has ended");
    }

    [Fact]
    public async Task Two_runs_from_two_terminals_have_each_its_own_files_and_lines()
    {
        using var one = agents.Scratch();
        using var two = agents.Scratch();
        await one.PipelineAsync("steps:\n- script: cat own.txt\n");
        await two.PipelineAsync("steps:\n- script: cat own.txt\n");
        await File.WriteAllTextAsync(Path.Combine(one.Folder, "own.txt"), "of one\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(two.Folder, "own.txt"), "of two\n", TestContext.Current.CancellationToken);
        var outcomes = await Task.WhenAll(new[] { one, two, one, two }.Select(scratch => TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml")));
        Assert.All(outcomes, outcome => Assert.True(outcome.ExitCode == 0, outcome.Error));
        Assert.Equal(
            ["of one", "of two", "of one", "of two"],
            outcomes.Select(outcome => Assert.Single(outcome.Error.Split('\n'), line => line.Contains("│ of ", StringComparison.Ordinal)).Trim()[2..]));
    }

    [Fact]
    public async Task A_job_whose_demand_no_agent_meets_waits_and_says_for_what()
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync("pool:\n  name: fargate\n  demands: gpu\nsteps:\n- script: x\n");
        await using var run = TidepoolProcess.Start(scratch, "run", "azure-pipelines.yml");
        await run.WaitForErrorAsync(
            "Job waits: No agent found in pool fargate which satisfies the following demand: gpu. All demands: gpu, Agent.Version -gtVersion 2.144.0.\n  start a task whose containers run the agent");
        await run.SignalAsync("INT");
        var outcome = await run.EndAsync();
        Assert.Equal(130, outcome.ExitCode);
        Assert.Contains("canceled, expected succeeded", outcome.Error);
    }

    [Fact]
    public async Task A_pool_that_the_map_does_not_name_fails_the_job_in_the_services_words()
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync("pool: Other\nsteps:\n- script: x\n");
        var outcome = await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml", "--pool-map", "Default=fargate");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("Could not find a pool with name Other. The pool does not exist or has not been authorized for use.", outcome.Error);
    }

    [Theory]
    [InlineData("steps:\n- script: x\n  colour: red\n", "/azure-pipelines.yml (Line: 3, Col: 3): Unexpected value 'colour'")]
    [InlineData("steps:\n- script: [\n", "/azure-pipelines.yml (Line: 3, Col: 1): ")]
    [InlineData("container: ubuntu\nsteps:\n- script: x\n", "/azure-pipelines.yml (Line: 1, Col: 1): 'container' needs a Docker engine, which a Fargate task does not have.")]
    public async Task A_pipeline_that_is_not_valid_is_refused_with_its_line_and_column_and_nothing_is_queued(string yaml, string error)
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync(yaml);
        var outcome = await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml");
        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("Nothing was run.", outcome.Error);
        Assert.Contains(error, outcome.Error);
        Assert.DoesNotContain("hand over the repository", outcome.Error);
    }

    [Fact]
    public async Task A_file_that_git_ignores_is_not_handed_over_and_the_error_says_so()
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync("steps:\n- script: x\n");
        await File.WriteAllTextAsync(Path.Combine(scratch.Folder, "own.yml"), "steps:\n- script: x\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(scratch.Folder, ".git", "info", "exclude"), "own.yml\n", TestContext.Current.CancellationToken);
        var outcome = await TidepoolProcess.RunAsync(scratch, "run", "own.yml");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("File /own.yml not found in repository repository branch refs/heads/main version ", outcome.Error);
    }

    [Fact]
    public async Task The_token_stands_in_no_argument_and_in_nothing_that_is_printed()
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync("steps:\n- checkout: none\n- script: env\n");
        var bin = Directory.CreateDirectory(Path.Combine(scratch.State, $"bin-{Guid.NewGuid():n}")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(bin, "git"), $"#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{bin}/arguments'\nPATH=${{PATH#*:}} exec git \"$@\"\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(Path.Combine(bin, "git"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        scratch.Environment["PATH"] = $"{bin}:{Environment.GetEnvironmentVariable("PATH")}";
        var outcome = await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml", "--verbose", "--json", "-");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        var document = JsonNode.Parse(await File.ReadAllTextAsync(
            Path.Combine(Assert.Single(scratch.Environments), "environment.json"), TestContext.Current.CancellationToken))!;
        var token = (string)document["token"]!;
        var arguments = await File.ReadAllTextAsync(Path.Combine(bin, "arguments"), TestContext.Current.CancellationToken);
        Assert.Contains("push\n", arguments);
        foreach (var form in new[] { token, Convert.ToBase64String(Encoding.UTF8.GetBytes($":{token}")) })
        {
            Assert.DoesNotContain(form, arguments + outcome.Output + outcome.Error + agents.Served.Process.Output + agents.Served.Process.Error);
        }
    }

    private static int RunId(string report) => (int)JsonNode.Parse(report)!["scenarios"]![0]!["run"]!["id"]!;

    private static int RunIdOf(string shown) => int.Parse(
        shown[(shown.IndexOf(", run ", StringComparison.Ordinal) + 6)..].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    private async Task<(string? Status, string? Result)> StateAsync(int runId)
    {
        var build = JsonNode.Parse(await agents.GetAsync($"tidepool/_apis/build/builds/{runId}"))!;
        return ((string?)build["status"], (string?)build["result"]);
    }
}
