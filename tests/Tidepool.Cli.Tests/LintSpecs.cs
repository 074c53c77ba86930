using System.Text.Json;

namespace Tidepool.Cli.Tests;

/// <summary><c>tidepool lint</c> as a process.</summary>
public sealed class LintSpecs : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Findings_are_lines_with_their_place_and_exit_code_1()
    {
        await _scratch.PipelineAsync("steps:\n- script: make $(buildConfig)\n- bash: cp x /shared-storage/x\n");

        var outcome = await TidepoolProcess.RunAsync(_scratch, "lint", "azure-pipelines.yml");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(
            """
            azure-pipelines.yml:2:16: LINT002 Nothing defines $(buildConfig), so that it stays as it is written. Define the variable, or set it in a step before this one.
            azure-pipelines.yml:3:9: LINT010 cp writes /shared-storage/x where others read it: who looks meanwhile sees half a file. Write under another name in /shared-storage and rename it with mv when it is whole.
            2 traps found; docs/lint.md explains the rules
            """,
            outcome.Output.TrimEnd());
    }

    [Fact]
    public async Task What_the_options_say_is_taken_into_account()
    {
        await _scratch.PipelineAsync("steps:\n- template: steps/make.yml@lib\n- bash: cp x /shared-storage/x\nresources:\n  repositories: [{repository: lib, name: lib}]\n");
        var library = Directory.CreateDirectory(Path.Combine(_scratch.Folder, "..", "lib", "steps"));
        await File.WriteAllTextAsync(
            Path.Combine(library.FullName, "make.yml"),
            "parameters: [{name: how, default: ''}]\nsteps:\n- script: make ${{ parameters.how }} $(buildConfig)\n",
            TestContext.Current.CancellationToken);

        var without = await TidepoolProcess.RunAsync(_scratch, "lint", "azure-pipelines.yml", "--repository", "lib=../lib", "--shared-path", "none");
        var with = await TidepoolProcess.RunAsync(
            _scratch, "lint", "azure-pipelines.yml", "--repository", "lib=../lib", "--shared-path", "none", "--variables", "buildConfig=x");

        Assert.Contains("/steps/make.yml@lib:3:38: LINT002", without.Output, StringComparison.Ordinal);
        Assert.Equal((0, "no traps found"), (with.ExitCode, with.Output.TrimEnd()));
    }

    [Fact]
    public async Task The_findings_of_several_files_are_one_JSON_document()
    {
        await _scratch.PipelineAsync("stepz: []\nsteps: []\n");
        await File.WriteAllTextAsync(
            Path.Combine(_scratch.Folder, "other.yml"), "steps:\n- task: Docker@2\n", TestContext.Current.CancellationToken);

        var outcome = await TidepoolProcess.RunAsync(_scratch, "lint", "azure-pipelines.yml", "other.yml", "--json");

        using var document = JsonDocument.Parse(outcome.Output);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal("tidepool.lint/1", document.RootElement.GetProperty("schema").GetString());
        Assert.Equal(
            [("LINT000", "azure-pipelines.yml", 1), ("LINT006", "other.yml", 2)],
            document.RootElement.GetProperty("findings").EnumerateArray().Select(f =>
                (f.GetProperty("rule").GetString(), f.GetProperty("file").GetString(), f.GetProperty("line").GetInt32())));
    }

    [Theory]
    [InlineData("REHEARSAL004: There is no pipeline ", "none.yml")]
    [InlineData("CLI001: --shared-path is 'x'; it must be an absolute path or none.", "none.yml", "--shared-path", "x")]
    [InlineData("CLI001: --variables is 'x'; it must be NAME=VALUE.", "none.yml", "--variables", "x")]
    [InlineData("EXPAND001: The folder ", "none.yml", "--repository", "lib=nowhere")]
    public async Task Wrong_usage_is_told(string error, params string[] arguments)
    {
        var outcome = await TidepoolProcess.RunAsync(_scratch, ["lint", .. arguments]);

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.StartsWith(error, outcome.Error, StringComparison.Ordinal);
    }
}
