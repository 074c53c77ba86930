using System.Text.Json.Nodes;

namespace Tidepool.Cli.Tests;

/// <summary><c>tidepool compare</c> as a process: the whole of it in the sandbox.</summary>
public sealed class CompareSpecs(ComparisonRun run) : IClassFixture<ComparisonRun>
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public void Every_scenario_is_tried_on_every_storage_and_comes_out_as_AWS_says()
    {
        Assert.SkipUnless(Environment.UserName == "root", "EBS, EFS and owners are real for root alone.");
        Assert.Equal(0, run.Outcome.ExitCode);
        Assert.Contains("66 as expected, 0 DIFFERENT, 0 not tried; endpoint local, runtime sandbox", run.Outcome.Output, StringComparison.Ordinal);
        Assert.Equal("tidepool.compare/1", (string?)run.Report["schema"]);
        Assert.Null(run.Report["partial"]);
        Assert.Equal(
            """
            same-task: found, found, found, found, found, found
            other-task: not found, not found, not found, as of the snapshot, found, found
            container-restarted: found, found, found, found, found, found
            task-replaced: not found, not found, not found, as of the snapshot, found, found
            scaled-to-two: not found, not found, not found, as of the snapshot, found, found
            new-revision: not found, not found, not found, as of the snapshot, found, found
            same-name-one-task: overwritten, overwritten, overwritten, overwritten, overwritten, overwritten
            same-name-two-tasks: apart, apart, apart, apart, overwritten, overwritten
            writer-killed: torn, torn, torn, torn, torn, torn
            disk-full: full, full, full, full, no limit met, no limit met
            not-root: refused, written, written, written, refused, written
            """,
            string.Join('\n', Rows.Select(row => $"{row["id"]}: {string.Join(", ", row["cells"]!.AsArray().Select(cell => cell!["observed"]))}")));
    }

    [Fact]
    public void Every_cell_has_its_control_and_its_proof()
    {
        Assert.NotEmpty(Rows);
        Assert.All(Rows.SelectMany(row => row["cells"]!.AsArray()), cell =>
        {
            Assert.True((bool?)cell!["control"]);
            Assert.All(cell["tasks"]!.AsArray(), arn => Assert.StartsWith("arn:aws:ecs:", (string?)arn, StringComparison.Ordinal));
            var proof = string.Join('\n', cell["proof"]!.AsArray().Select(line => (string?)line));
            Assert.Matches(@"exit code \d+; .*wrote=\d+ 65536; control=\d+ 65536", proof);
            Assert.StartsWith("https://", (string?)cell["source"], StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Speed_costs_and_the_verdict_for_the_pipeline_are_in_it()
    {
        Assert.Equal(4, run.Report["speed"]!["rows"]!.AsArray().Count);
        Assert.Equal(["bind", "ebs", "efs"], run.Report["cost"]!["storages"]!.AsArray().Select(storage => (string?)storage!["storage"]));
        Assert.Equal("pipelines/bind-mount.yml succeeded bind", $"{run.Report["pipeline"]!["file"]} {run.Report["pipeline"]!["result"]} {run.Report["pipeline"]!["cheapest"]}");
        Assert.Contains("  storage = \"bind\"\n", run.Outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_commonly_said_and_not_so_is_shown_by_cells()
    {
        var wrong = run.Report["claims"]!.AsArray().Where(claim => !(bool)claim!["agrees"]!).Select(claim => $"{claim!["storage"]} {claim["row"]} {claim["basis"]}");
        Assert.Contains("ebs data persistence observed", wrong);
        Assert.Contains("bind encryption at rest documented", wrong);
        Assert.Contains("bind setup complexity observed", wrong);
    }

    [Fact]
    public async Task The_page_is_one_file_of_less_than_a_MiB()
    {
        Assert.InRange(new FileInfo(run.Page).Length, 1, MiB);
        Assert.InRange(new FileInfo(run.Json).Length, 1, MiB);
        Assert.StartsWith("<!DOCTYPE html>", await File.ReadAllTextAsync(run.Page, TestContext.Current.CancellationToken), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_page_in_docs_is_what_it_writes_today()
    {
        Assert.SkipUnless(Environment.UserName == "root", "EBS, EFS and owners are real for root alone.");
        var ct = TestContext.Current.CancellationToken;
        var (written, kept) = (await File.ReadAllTextAsync(run.Markdown, ct), await File.ReadAllTextAsync(Path.Combine(Clone.Root, "docs", "comparison.md"), ct));
        Assert.True(written == kept, $"docs/comparison.md is not what the comparison writes: run ./tidepool compare --markdown docs/comparison.md\n{Difference(written, kept)}");
    }

    [Fact]
    public void Nothing_is_left() => Assert.Empty(run.Left);

    [Fact]
    public async Task A_part_of_it_goes_to_standard_output_as_JSON_and_as_nothing_else()
    {
        using var scratch = new Scratch();
        var outcome = await TidepoolProcess.RunAsync(scratch, "compare", "--only", "other-task", "--no-speed", "--no-pipeline", "--gib", "100", "--json", "-");
        Assert.Equal(0, outcome.ExitCode);
        var report = JsonNode.Parse(outcome.Output)!;
        Assert.Equal(["other-task"], report["scenarios"]!.AsArray().Select(row => (string?)row!["id"]));
        Assert.Null(report["speed"]);
        Assert.Null(report["pipeline"]);
        Assert.Equal(6.48m, (decimal?)report["cost"]!["storages"]![0]!["storageMonthly"]);
        Assert.Contains("agent of another task", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupted_it_writes_what_it_has_and_removes_what_it_made()
    {
        using var scratch = new Scratch();
        await using var served = await Served.StartAsync(scratch);
        var file = Path.Combine(scratch.Folder, "report.json");
        await using var compare = TidepoolProcess.Start(
            scratch, "compare", "--endpoint", served.Exports["AWS_ENDPOINT_URL"], "--json", file, "--no-speed", "--no-pipeline");
        await served.Process.WaitForErrorAsync(" RUNNING");
        await compare.SignalAsync("INT");
        var outcome = await compare.EndAsync();
        Assert.Equal(130, outcome.ExitCode);
        var report = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
        Assert.Matches("^It was stopped when [0-9]+ of 66 cells were filled.$", (string?)report["partial"]);
        Assert.Contains("It was stopped when", outcome.Output, StringComparison.Ordinal);
        Assert.Equal("[]", (await served.AwsAsync("ecs", "list-task-definitions"))!["taskDefinitionArns"]!.ToJsonString());
        Assert.DoesNotContain((await served.AwsAsync("ecs", "list-clusters"))!["clusterArns"]!.AsArray(), arn => ((string)arn!).Contains("verify", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--only no-such", "CLI001: --only names 'no-such', and there is no such scenario; 'tidepool compare --help' names them. Run 'tidepool compare --help' to see what there is.\n")]
    [InlineData("--gib -1", "CLI001: --gib is '-1'. It must be a number from 0 to 1000000. Run 'tidepool compare --help' to see what there is.\n")]
    [InlineData("--endpoint ftp://x", "CLI001: --endpoint is 'ftp://x'; it must be local, aws, or a URL such as http://127.0.0.1:4566. Run 'tidepool compare --help' to see what there is.\n")]
    [InlineData("--json - --html -", "CLI012: Two reports go to standard output. Give '-' to one of --json, --html and --markdown only.\n")]
    [InlineData("--pipeline /no/such.yml", "CLI013: --pipeline is /no/such.yml, and there is no such file. Name a pipeline's YAML file.\n")]
    [InlineData("--pipeline a.yml --no-pipeline", "CLI001: --pipeline and --no-pipeline do not go together. Run 'tidepool compare --help' to see what there is.\n")]
    [InlineData("--cpu 256 --memory 9999", "TASK011: 256 CPU units do not go with 9999 MiB.")]
    public async Task A_wrong_option_is_refused_before_anything_is_started(string options, string error)
    {
        using var scratch = new Scratch();
        var outcome = await TidepoolProcess.RunAsync(scratch, ["compare", .. options.Split(' ')]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith(error, outcome.Error, StringComparison.Ordinal);
        Assert.Empty(scratch.Environments);
    }

    private IEnumerable<JsonNode> Rows => run.Report["scenarios"]?.AsArray().Select(row => row!) ?? [];

    private static string Difference(string written, string kept) => string.Join('\n', written.Split('\n').Except(kept.Split('\n')).Take(10));
}
