using System.Text.Json.Nodes;

namespace Tidepool.Cli.Tests;

/// <summary><c>tidepool runs</c> and <c>tidepool cancel</c> against an environment that serves and has two agents.</summary>
public sealed class RunsSpecs(ServedAgents agents) : IClassFixture<ServedAgents>
{
    [Fact]
    public async Task Runs_are_listed_the_newest_first_and_one_that_goes_is_canceled_from_elsewhere()
    {
        using var scratch = agents.Scratch();
        Assert.Equal("no runs yet; 'tidepool run FILE' queues one\n", (await TidepoolProcess.RunAsync(scratch, "runs")).Output);
        Assert.Equal("[]\n", (await TidepoolProcess.RunAsync(scratch, "runs", "--json")).Output);

        await scratch.PipelineAsync("steps:\n- checkout: none\n- script: 'true'\n");
        Assert.Equal(0, (await TidepoolProcess.RunAsync(scratch, "run", "azure-pipelines.yml")).ExitCode);
        await scratch.PipelineAsync("steps:\n- checkout: none\n- script: echo begun; sleep 600\n- script: echo cleaned up\n  condition: always()\n");
        await using var run = TidepoolProcess.Start(scratch, "run", "azure-pipelines.yml");
        await run.WaitForErrorAsync("│ begun");
        var listed = await TidepoolProcess.RunAsync(scratch, "runs");
        Assert.Equal((0, ""), (listed.ExitCode, listed.Error));
        Assert.Matches(
            @"\ARUN    NUMBER           STATE              QUEUED                SECONDS  PIPELINE\n"
            + @"2      \d{8}\.2       inProgress         \d{4}-\d\d-\d\d \d\d:\d\d:\d\d            azure-pipelines\n"
            + @"1      \d{8}\.1       succeeded          \d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d+\.\d  azure-pipelines\n\z",
            listed.Output);

        var canceled = await TidepoolProcess.RunAsync(scratch, "cancel", "2");
        Assert.Equal((0, "run 2 is being canceled\n", ""), (canceled.ExitCode, canceled.Output, canceled.Error));
        var outcome = await run.EndAsync();
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("│ cleaned up", outcome.Error);

        var newest = Assert.Single(JsonNode.Parse((await TidepoolProcess.RunAsync(scratch, "runs", "--top", "1", "--json")).Output)!.AsArray())!;
        Assert.Equal((2, "completed", "canceled"), ((int)newest["id"]!, (string?)newest["state"], (string?)newest["result"]));
        var again = await TidepoolProcess.RunAsync(scratch, "cancel", "2");
        Assert.Equal((2, "RUN008: Run 2 has ended: canceled. See with 'tidepool runs' which ones are in progress.\n"), (again.ExitCode, again.Error));
        await scratch.PipelineAsync(
            "stages:\n- stage: One\n  jobs:\n  - job: a\n    steps:\n    - checkout: none\n    - script: echo begun; sleep 600\n"
            + "- stage: Two\n  condition: always()\n  jobs:\n  - job: b\n    steps:\n    - checkout: none\n    - script: echo went on\n");
        await using var staged = TidepoolProcess.Start(scratch, "run", "azure-pipelines.yml");
        await staged.WaitForErrorAsync("│ begun");
        Assert.Equal("stage One of run 3 is being canceled\n", (await TidepoolProcess.RunAsync(scratch, "cancel", "3", "--stage", "One")).Output);
        Assert.Contains("│ went on", (await staged.EndAsync()).Error);
        var unknown = await TidepoolProcess.RunAsync(scratch, "cancel", "99");
        Assert.Equal(
            (2, "RUN005: The embedded Azure Pipelines service refused: The requested build 99 could not be found. See its runs with 'tidepool runs'.\n"),
            (unknown.ExitCode, unknown.Error));
    }
}
