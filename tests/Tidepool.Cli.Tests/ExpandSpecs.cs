using System.Text.Json;

namespace Tidepool.Cli.Tests;

public sealed class ExpandSpecs : IDisposable
{
    private const string Pipeline =
        """
        parameters:
        - {name: color, default: blue, values: [blue, red]}
        - {name: list, type: object, default: [1]}
        resources:
          repositories:
          - {repository: shared, type: git, name: team/shared}
        steps:
        - ${{ each one in parameters.list }}:
          - script: echo ${{ one }} ${{ parameters.color }} ${{ variables.where }}
        - template: t.yml@shared

        """;

    private readonly Scratch _scratch = new();

    public ExpandSpecs()
    {
        Directory.CreateDirectory(Path.Combine(_scratch.Folder, "other"));
        File.WriteAllText(Path.Combine(_scratch.Folder, "other", "t.yml"), "steps:\n- bash: shared\n");
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task The_final_yaml_goes_to_standard_output_with_where_each_step_came_from()
    {
        await _scratch.PipelineAsync(Pipeline);

        var outcome = await TidepoolProcess.RunAsync(
            _scratch, "expand", "azure-pipelines.yml", "--repository", "shared=other", "--parameters", "LIST=[a, b]", "--variables", "where=here");

        Assert.Equal("", outcome.Error);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(
            """
            resources:
              repositories:
              - repository: shared
                type: git
                name: team/shared
            stages:
            - stage: __default
              jobs:
              - job: Job
                steps:
                # azure-pipelines.yml:9
                - task: CmdLine@2
                  inputs:
                    script: echo a blue here
                # azure-pipelines.yml:9
                - task: CmdLine@2
                  inputs:
                    script: echo b blue here
                # t.yml@shared:2, via azure-pipelines.yml:10
                - task: Bash@3
                  inputs:
                    targetType: inline
                    script: shared

            """,
            outcome.Output);
    }

    [Fact]
    public async Task Quiet_is_the_yaml_alone()
    {
        await _scratch.PipelineAsync("steps:\n- script: echo hi\n");

        var outcome = await TidepoolProcess.RunAsync(_scratch, "expand", "-q", "azure-pipelines.yml");

        Assert.Equal(
            "stages:\n- stage: __default\n  jobs:\n  - job: Job\n    steps:\n    - task: CmdLine@2\n      inputs:\n        script: echo hi\n", outcome.Output);
    }

    [Fact]
    public async Task A_pipeline_that_is_not_valid_ends_with_all_its_errors_and_1()
    {
        await _scratch.PipelineAsync("steps:\n- script: ${{ parameters.none }}\n- template: none.yml\n- scirpt: x\n");

        var outcome = await TidepoolProcess.RunAsync(_scratch, "expand", "azure-pipelines.yml");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
        Assert.Equal(
            $"""
            /azure-pipelines.yml (Line: 2, Col: 11): Key not found 'none'
            /azure-pipelines.yml (Line: 3, Col: 13): File /none.yml not found in repository self ({_scratch.Folder}).
            /azure-pipelines.yml (Line: 4, Col: 3): Unexpected value 'scirpt'

            """,
            outcome.Error);
    }

    [Theory]
    [InlineData("CLI001", "expand")]
    [InlineData("CLI001", "expand", "azure-pipelines.yml", "--parameters", "x")]
    [InlineData("CLI001", "expand", "azure-pipelines.yml", "--json", "--diff", "HEAD")]
    [InlineData("REHEARSAL004", "expand", "none.yml")]
    [InlineData("EXPAND001", "expand", "azure-pipelines.yml", "--repository", "a=none")]
    [InlineData("EXPAND002", "expand", "azure-pipelines.yml", "--repository", "self=other")]
    [InlineData("EXPAND003", "expand", "azure-pipelines.yml", "--diff", "nothing")]
    public async Task Wrong_usage_ends_with_2(string code, params string[] arguments)
    {
        await _scratch.PipelineAsync("steps:\n- script: x\n");

        var outcome = await TidepoolProcess.RunAsync(_scratch, arguments);

        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith($"{code}: ", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_tells_of_every_step_where_it_came_from()
    {
        await _scratch.PipelineAsync(Pipeline);

        var outcome = await TidepoolProcess.RunAsync(_scratch, "expand", "azure-pipelines.yml", "--repository", "shared=other", "--json");

        using var json = JsonDocument.Parse(outcome.Output);
        var last = json.RootElement.GetProperty("steps").EnumerateArray().Last();
        Assert.Equal("Bash@3", last.GetProperty("task").GetString());
        Assert.Equal("/t.yml@shared", last.GetProperty("at").GetProperty("file").GetString());
        Assert.Equal(10, last.GetProperty("via")[0].GetProperty("line").GetInt32());
        Assert.StartsWith("resources:", json.RootElement.GetProperty("yaml").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_shows_what_another_parameter_and_an_older_commit_would_give()
    {
        var template = Path.Combine(_scratch.Folder, "t.yml");
        await File.WriteAllTextAsync(
            template, "parameters: {color: x}\nsteps:\n- script: paint ${{ parameters.color }}\n", TestContext.Current.CancellationToken);
        await _scratch.PipelineAsync(
            "parameters:\n- {name: color, default: blue}\nsteps:\n- template: t.yml\n  parameters: {color: \"${{ parameters.color }}\"}\n");
        await File.WriteAllTextAsync(
            template, "parameters: {color: x}\nsteps:\n- script: spray ${{ parameters.color }}\n", TestContext.Current.CancellationToken);

        var other = await TidepoolProcess.RunAsync(_scratch, "expand", "azure-pipelines.yml", "--diff-parameters", "color=red", "-q");
        var older = await TidepoolProcess.RunAsync(_scratch, "expand", "azure-pipelines.yml", "--diff", "HEAD");
        var same = await TidepoolProcess.RunAsync(_scratch, "expand", "azure-pipelines.yml", "--diff-parameters", "color=blue");

        Assert.Contains("--- azure-pipelines.yml\n+++ azure-pipelines.yml color=red\n@@ ", other.Output, StringComparison.Ordinal);
        Assert.Contains("\n-        script: spray blue\n+        script: spray red\n", other.Output, StringComparison.Ordinal);
        Assert.Contains("--- azure-pipelines.yml at HEAD\n+++ azure-pipelines.yml\n@@ ", older.Output, StringComparison.Ordinal);
        Assert.Contains("\n-        script: paint blue\n+        script: spray blue\n", older.Output, StringComparison.Ordinal);
        Assert.Equal("", same.Output);
    }
}
