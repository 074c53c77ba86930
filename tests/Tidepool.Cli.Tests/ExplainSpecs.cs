using System.Text.Json.Nodes;

namespace Tidepool.Cli.Tests;

/// <summary><c>tidepool explain</c> of a file; of a run and of a report, with an environment that serves.</summary>
public sealed class ExplainSpecs(ServedAgents agents) : IClassFixture<ServedAgents>
{
    private const string Yaml = """
        stages:
        - stage: Build
          jobs:
          - job: Test
            steps:
            - checkout: none
            - script: exit 1
        - stage: Deploy
          condition: and(succeeded(), eq(variables['publish'], true))
          jobs:
          - job: Put
            steps:
            - script: echo x
        """;

    [Fact]
    public async Task A_file_is_explained_for_results_that_are_assumed()
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync(Yaml);

        var outcome = await TidepoolProcess.RunAsync(
            scratch, "explain", "azure-pipelines.yml", "--result", "Build.Test=succeeded", "--variables", "publish=yes");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Equal(
            """
            /azure-pipelines.yml
            stage Build: Succeeded  [/azure-pipelines.yml (Line: 2, Col: 3)]
                succeeded() -> True (Boolean)
              job Test: Succeeded  [/azure-pipelines.yml (Line: 4, Col: 5)]
                  succeeded() -> True (Boolean)
            stage Deploy: Skipped, after Build  [/azure-pipelines.yml (Line: 8, Col: 3)]
                and(succeeded(), eq(variables['publish'], True)) -> False (Boolean)
                  succeeded() -> True (Boolean)
                  eq(variables['publish'], True) -> False (Boolean)
                    Boolean True is converted to String 'True'
                    variables['publish'] -> 'yes' (String)
              job Put: Skipped  [/azure-pipelines.yml (Line: 11, Col: 5)]
                  succeeded(): not looked at
                  because stage Deploy was skipped, and its jobs with it

            """,
            outcome.Output);
    }

    [Fact]
    public async Task A_result_of_no_job_and_a_word_that_is_no_result_are_refused()
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync(Yaml);

        var unknown = await TidepoolProcess.RunAsync(scratch, "explain", "azure-pipelines.yml", "--result", "Build.No=Failed");
        var word = await TidepoolProcess.RunAsync(scratch, "explain", "azure-pipelines.yml", "--result", "Build=broken");

        Assert.Equal((2, "EXPLAIN001: The pipeline has no stage or job Build.No. Name one of: Build.Test, Deploy.Put.\n"), (unknown.ExitCode, unknown.Error));
        Assert.Equal(2, word.ExitCode);
        Assert.StartsWith("CLI001: --result is 'Build=broken'; the result must be one of Succeeded, ", word.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_and_its_report_say_what_made_a_stage_be_skipped()
    {
        using var scratch = agents.Scratch();
        await scratch.PipelineAsync(Yaml);
        var report = Path.Combine(scratch.Folder, "report.json");
        var ran = await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml", "--quiet", "--json", report);
        Assert.True(ran.ExitCode == 1, ran.Error);
        var id = (int)JsonNode.Parse(await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken))!["scenarios"]![0]!["run"]!["id"]!;

        var ofRun = await TidepoolProcess.RunAsync(scratch, "explain", $"{id}");
        var ofReport = await TidepoolProcess.RunAsync(scratch, "explain", "report.json");
        var json = await TidepoolProcess.RunAsync(scratch, "explain", $"{id}", "--json", "-");
        var none = await TidepoolProcess.RunAsync(scratch, "explain", "999999");

        Assert.Equal((0, ""), (ofRun.ExitCode, ofRun.Error));
        Assert.Contains("because succeeded() is False: Build failed", ofRun.Output);
        Assert.Equal(ofRun.Output, ofReport.Output);
        Assert.Equal("tidepool.explanation/1", (string?)JsonNode.Parse(json.Output)!["schema"]);
        Assert.Equal(2, none.ExitCode);
        Assert.StartsWith("RUN005: ", none.Error, StringComparison.Ordinal);
    }
}
