namespace Tidepool.Cli.Tests;

/// <summary>Parts of a pipeline, values that a run is given, other repositories, and again when a file changes.</summary>
public sealed class RehearsePartsSpecs : IDisposable
{
    private const string Stages = """
        stages:
        - stage: Build
          jobs:
          - job: Compile
            steps:
            - checkout: none
            - script: echo compiled
          - job: Lint
            steps:
            - checkout: none
            - script: echo linted
        - stage: Deploy
          jobs:
          - job: Copy
            steps:
            - checkout: none
            - script: echo copied
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("--stage Deploy", "copied", "compiled linted")]
    [InlineData("--job Build.Lint", "linted", "compiled copied")]
    [InlineData("--job Copy --needs", "compiled linted copied", "")]
    public async Task It_runs_the_stages_and_jobs_that_are_named(string options, string said, string unsaid)
    {
        var file = await _scratch.PipelineAsync(Stages);

        var outcome = await TidepoolProcess.RunAsync(_scratch, ["rehearse", file, .. options.Split(' ')]);

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.All(Words(said), word => Assert.Contains($"│ {word}", outcome.Error));
        Assert.All(Words(unsaid), word => Assert.DoesNotContain($"│ {word}", outcome.Error));
    }

    [Theory]
    [InlineData("--stage Ship", "PIPELINE006: The pipeline has no stage Ship.")]
    [InlineData("--needs", "--needs goes with --stage or --job.")]
    [InlineData("--secret-file key=nowhere", "REHEARSAL009: nowhere, for the secret key, cannot be read")]
    [InlineData("--variable-group keys=nowhere", "GROUP001: nowhere, for the variable group keys, cannot be read")]
    [InlineData("--repository tools=nowhere", "CLI011: --repository tools is nowhere, and there is no such folder.")]
    public async Task What_is_not_there_is_refused_before_anything_starts(string options, string text)
    {
        var file = await _scratch.PipelineAsync(Stages);

        var outcome = await TidepoolProcess.RunAsync(_scratch, ["rehearse", file, .. options.Split(' ')]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(text, outcome.Error);
        Assert.DoesNotContain("start the services", outcome.Error);
    }

    [Fact]
    public async Task Variables_and_secrets_reach_the_steps_and_no_secret_is_shown()
    {
        var file = await _scratch.PipelineAsync("""
            steps:
            - checkout: none
            - bash: |
                echo "the colour is $(colour)"
                echo "the key is $KEY"
                echo "it has ${#KEY} characters"
              env:
                KEY: $(key)
            """);
        await File.WriteAllTextAsync(Path.Combine(_scratch.Folder, "..", "key"), "only-one-knows-it\n", TestContext.Current.CancellationToken);

        var outcome = await TidepoolProcess.RunAsync(_scratch, "rehearse", file, "--variables", "colour=teal", "--secret-file", "key=../key", "--json", "-");

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("the colour is teal", outcome.Error);
        Assert.Contains("the key is ***", outcome.Error);
        Assert.Contains("it has 17 characters", outcome.Error);
        Assert.DoesNotContain("only-one-knows-it", outcome.Output + outcome.Error);
    }

    [Fact]
    public async Task The_variables_of_a_group_reach_the_steps_and_its_secrets_are_not_shown()
    {
        var file = await _scratch.PipelineAsync("""
            variables:
            - group: Shore
            steps:
            - checkout: none
            - bash: |
                echo "the colour is $(colour) $COLOUR"
                echo "the key is $(key)"
                echo "the environment has ${KEY:-no key}"
            """);
        await File.WriteAllTextAsync(
            Path.Combine(_scratch.Folder, "..", "shore.yml"), "colour: teal\nkey: {value: only-one-knows-it, isSecret: true}\n", TestContext.Current.CancellationToken);

        var outcome = await TidepoolProcess.RunAsync(_scratch, "rehearse", file, "--variable-group", "shore=../shore.yml", "--json", "-");
        var without = await TidepoolProcess.RunAsync(_scratch, "rehearse", file);

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("the colour is teal teal", outcome.Error);
        Assert.Contains("the key is ***", outcome.Error);
        Assert.Contains("the environment has no key", outcome.Error);
        Assert.DoesNotContain("only-one-knows-it", outcome.Output + outcome.Error);
        Assert.Equal(2, without.ExitCode);
        Assert.Contains(
            "/azure-pipelines.yml (Line: 2, Col: 10): Variable group Shore was not found or is not authorized for use. Give its variables with --variable-group NAME=FILE.",
            without.Error);
    }

    [Fact]
    public async Task Another_repository_gives_templates_and_can_be_checked_out()
    {
        using var tools = new Scratch();
        await File.WriteAllTextAsync(Path.Combine(tools.Folder, "say.yml"), "steps:\n- script: cat tools/word\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(tools.Folder, "word"), "from the other repository\n", TestContext.Current.CancellationToken);
        await tools.PipelineAsync("steps: []\n");
        var file = await _scratch.PipelineAsync("""
            resources:
              repositories:
              - repository: tools
                type: git
                name: tools
            steps:
            - checkout: self
            - checkout: tools
              path: s/tools
            - template: say.yml@tools
            """);

        var outcome = await TidepoolProcess.RunAsync(_scratch, "rehearse", file, "--repository", $"tools={tools.Folder}");

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("│ from the other repository", outcome.Error);
        Assert.Empty(_scratch.Environments);
    }

    [Fact]
    public async Task Watching_it_runs_again_on_the_same_agents_each_time_a_file_changes()
    {
        var file = await _scratch.PipelineAsync("steps:\n- script: cat word\n");
        var word = Path.Combine(_scratch.Folder, "word");
        await File.WriteAllTextAsync(word, "first", TestContext.Current.CancellationToken);
        await using var tidepool = TidepoolProcess.Start(_scratch, "rehearse", file, "--watch");
        await tidepool.WaitForErrorAsync("│ first");
        await tidepool.WaitForErrorAsync("waiting for changes");

        await File.WriteAllTextAsync(word, "second", TestContext.Current.CancellationToken);
        await tidepool.WaitForErrorAsync("│ second");
        await WaitForChangesAsync(tidepool, times: 2);
        await File.WriteAllTextAsync(Path.Combine(_scratch.Folder, file), "steps:\n- scrpt: cat word\n", TestContext.Current.CancellationToken);
        await tidepool.WaitForErrorAsync("Unexpected value 'scrpt'");
        await WaitForChangesAsync(tidepool, times: 3);
        await File.WriteAllTextAsync(Path.Combine(_scratch.Folder, file), "steps:\n- script: echo mended\n", TestContext.Current.CancellationToken);
        await tidepool.WaitForErrorAsync("│ mended");
        await WaitForChangesAsync(tidepool, times: 4);
        await tidepool.SignalAsync("INT");
        var outcome = await tidepool.EndAsync();

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(2, outcome.Error.Split("start the services").Length);
        Assert.Empty(_scratch.Environments);
    }

    private static Task WaitForChangesAsync(TidepoolProcess tidepool, int times) => Wait.UntilAsync(
        () => tidepool.Error.Split("waiting for changes").Length > times, $"it waits for the {times}. time").WaitAsync(Limit);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
