namespace Tidepool.Cli.Tests;

public sealed class RehearseSpecs
{
    [Fact]
    public async Task A_pipeline_that_succeeds_exits_with_0_and_shows_its_lines()
    {
        using var scratch = new Scratch();
        var file = await scratch.PipelineAsync("steps:\n- script: echo hello from the pipeline\n");
        var outcome = await TidepoolProcess.RunAsync(scratch, "rehearse", file);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("1 of 1 steps run here", outcome.Error);
        Assert.Contains("hello from the pipeline", outcome.Error);
        Assert.Contains("succeeded", outcome.Output);
        Assert.Empty(scratch.Environments);
    }

    [Fact]
    public async Task A_pipeline_that_fails_exits_with_1_and_says_which_step()
    {
        using var scratch = new Scratch();
        var file = await scratch.PipelineAsync("steps:\n- script: exit 3\n  displayName: Break it\n");
        var outcome = await TidepoolProcess.RunAsync(scratch, "rehearse", file);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("✗ Break it", outcome.Error);
        Assert.Contains("step Break it: Bash exited with code '3'.", outcome.Output);
    }

    [Fact]
    public async Task The_reason_of_a_failure_is_the_step_that_failed_and_not_an_issue_before_it()
    {
        using var scratch = new Scratch();
        var file = await scratch.PipelineAsync("steps:\n- script: exit 3\n  continueOnError: true\n- script: exit 7\n");
        var outcome = await TidepoolProcess.RunAsync(scratch, "rehearse", file);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("exited with code '7'", outcome.Output);
        Assert.DoesNotContain("code '3'", outcome.Output);
    }

    [Fact]
    public async Task Every_line_of_a_step_is_shown_whole_and_none_steers_the_terminal()
    {
        using var scratch = new Scratch();
        var file = await scratch.PipelineAsync("""
            steps:
            - checkout: none
            - bash: seq -f "line %.0f" 50000; printf 'long %0900d\n' 7; printf 'plain \033[2Jtext\n'
            """);
        var outcome = await TidepoolProcess.RunAsync(scratch, "rehearse", file);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        var lines = outcome.Error.Split('\n');
        Assert.Equal(50000, lines.Count(line => line.Contains("│ line ", StringComparison.Ordinal)));
        Assert.Contains($"    │ long {new string('0', 899)}7", lines);
        Assert.Contains("    │ plain text", lines);
    }

    [Fact]
    public async Task An_error_of_a_step_does_not_steer_the_terminal_either()
    {
        using var scratch = new Scratch();
        var file = await scratch.PipelineAsync("""
            steps:
            - checkout: none
            - bash: printf '##vso[task.complete result=Failed;]\n##vso[task.logissue type=error]bad \033[2Jnews\n'
            """);
        var outcome = await TidepoolProcess.RunAsync(scratch, "rehearse", file);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("bad news", outcome.Output);
        Assert.DoesNotContain('\x1b', outcome.Output + outcome.Error);
    }

    [Fact]
    public async Task A_run_that_succeeds_with_issues_succeeded()
    {
        using var scratch = new Scratch();
        var file = await scratch.PipelineAsync("steps:\n- script: exit 3\n  continueOnError: true\n- script: echo went on\n");
        var outcome = await TidepoolProcess.RunAsync(scratch, "rehearse", file);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("went on", outcome.Error);
        Assert.Contains("succeededWithIssues", outcome.Output);
    }

    [Fact]
    public async Task Uncommitted_and_untracked_files_are_in_the_checkout_and_the_repository_stays_as_it_was()
    {
        using var scratch = new Scratch();
        await scratch.PipelineAsync("steps:\n- script: cat untracked.txt && cat ignored.txt 2>&1\n  continueOnError: true\n");
        await File.WriteAllTextAsync(Path.Combine(scratch.Folder, "untracked.txt"), "not yet added", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(scratch.Folder, "ignored.txt"), "ignored content", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(scratch.Folder, ".git", "info", "exclude"), "ignored.txt\n", TestContext.Current.CancellationToken);
        var outcome = await TidepoolProcess.RunAsync(scratch, "rehearse", "azure-pipelines.yml");
        Assert.Contains("not yet added", outcome.Error);
        Assert.DoesNotContain("ignored content", outcome.Error);
    }

    [Fact]
    public async Task Outputs_and_conditions_carry_from_stage_to_stage()
    {
        using var scratch = new Scratch();
        var file = await scratch.PipelineAsync("""
            stages:
            - stage: One
              jobs:
              - job: a
                steps:
                - bash: echo "##vso[task.setvariable variable=colour;isOutput=true]teal"
                  name: pick
            - stage: Two
              condition: eq(dependencies.One.outputs['a.pick.colour'], 'teal')
              jobs:
              - job: b
                variables:
                  colour: $[ stageDependencies.One.a.outputs['pick.colour'] ]
                steps:
                - script: echo "the colour is $(colour)"
            - stage: Three
              dependsOn: Two
              condition: failed()
              jobs:
              - job: c
                steps:
                - script: echo never shown
            """);
        var outcome = await TidepoolProcess.RunAsync(scratch, "rehearse", file);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("the colour is teal", outcome.Error);
        Assert.DoesNotContain("never shown", outcome.Error);
        Assert.Contains("Three skipped", outcome.Error);
    }

    [Fact]
    public async Task A_pipeline_for_another_pool_runs_in_the_embedded_one_and_the_output_says_so()
    {
        using var scratch = new Scratch();
        var file = await scratch.PipelineAsync("pool:\n  vmImage: ubuntu-latest\nsteps:\n- script: echo ran\n");
        var outcome = await TidepoolProcess.RunAsync(scratch, "rehearse", file);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("Job asks for vmImage: ubuntu-latest: it runs in the embedded pool fargate", outcome.Error);
    }

    [Fact]
    public async Task Parameters_are_bound_from_the_command_line()
    {
        using var scratch = new Scratch();
        var file = await scratch.PipelineAsync("parameters:\n- name: who\n  type: string\nsteps:\n- script: echo hello ${{ parameters.who }}\n");
        var outcome = await TidepoolProcess.RunAsync(scratch, "rehearse", file, "--parameters", "who=world");
        Assert.Contains("hello world", outcome.Error);
    }
}
