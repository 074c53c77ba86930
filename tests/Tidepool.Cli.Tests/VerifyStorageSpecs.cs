using System.Text.Json.Nodes;
using Tidepool.Deployment.Tests;

namespace Tidepool.Cli.Tests;

/// <summary><c>tidepool verify-storage</c> as a process: in an environment of its own, in a served one, and as in an account.</summary>
public sealed class VerifyStorageSpecs(Moto moto) : IClassFixture<Moto>
{
    private static readonly string[] Few = ["--only", "fresh-per-task", "same-in-both-containers"];

    [Fact]
    public async Task In_an_environment_of_its_own_it_draws_a_table_writes_a_report_and_leaves_nothing()
    {
        using var scratch = new Scratch();
        var file = Path.Combine(scratch.Folder, "report.json");
        var outcome = await TidepoolProcess.RunAsync(scratch, ["verify-storage", "--runtime", "sandbox", "--json", file, .. Few]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Matches(@"\Aas expected  fresh-per-task: [^\n]+\n +proof: task [0-9a-f]{8}[^\n]*\nas expected  same-in-both-containers: ", outcome.Output);
        Assert.DoesNotContain('│', outcome.Output);
        Assert.Contains("2 as expected, 0 DIFFERENT, 0 not tried; endpoint local, runtime sandbox, image tidepool/with-volume:latest", outcome.Output, StringComparison.Ordinal);
        var report = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
        Assert.Equal("tidepool.verify-storage/1", (string?)report["schema"]);
        Assert.Equal(
            ["fresh-per-task as expected", "same-in-both-containers as expected"],
            report["probes"]!.AsArray().Select(probe => $"{probe!["id"]} {probe["verdict"]}"));
        Assert.All(report["probes"]!.AsArray(), probe => Assert.Contains(probe!["proof"]!.AsArray(), line => ((string)line!).StartsWith("task arn:aws:ecs:", StringComparison.Ordinal)));
        Assert.Empty(report["left"]!.AsArray());
        Assert.Empty(scratch.Environments);
    }

    [Fact]
    public async Task In_a_served_environment_it_reads_the_files_of_its_logs()
    {
        using var scratch = new Scratch();
        await using var served = await Served.StartAsync(scratch);
        var outcome = await TidepoolProcess.RunAsync(scratch, ["verify-storage", "--endpoint", served.Exports["AWS_ENDPOINT_URL"], .. Few]);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains($"2 as expected, 0 DIFFERENT, 0 not tried; endpoint {served.Exports["AWS_ENDPOINT_URL"]}, runtime sandbox", outcome.Output, StringComparison.Ordinal);
        Assert.Equal("[]", (await served.AwsAsync("ecs", "list-task-definitions"))!["taskDefinitionArns"]!.ToJsonString());
    }

    [Fact]
    public async Task As_in_an_account_it_says_what_it_makes_and_costs_and_reads_CloudWatch()
    {
        using var scratch = new Scratch();
        await using var served = await Served.StartAsync(scratch, "--upstream", moto.Endpoint.AbsoluteUri);
        await served.AwsAsync("ecs", "create-cluster", "--cluster-name", "blue");
        foreach (var (name, value) in served.Exports)
        {
            scratch.Environment[name] = value;
        }

        string[] arguments =
        [
            "verify-storage", "--endpoint", "aws", "--cluster", "blue", "--subnets", "subnet-1,subnet-2", "--security-groups", "sg-1", "--assign-public-ip", "true",
            "--image", "123456789012.dkr.ecr.us-east-1.amazonaws.com/tidepool-agent:1", "--execution-role", "arn:aws:iam::123456789012:role/execution",
            "--only", "fresh-per-task", "ebs-per-task",
        ];
        var unasked = await TidepoolProcess.RunInShellAsync(scratch, $"{string.Join(' ', arguments)} < /dev/null");
        Assert.Equal(
            (2, "VERIFY006: This makes tasks in your account, and there is no terminal to ask at. Run it in a terminal, or with --yes.\n"),
            (unasked.ExitCode, unasked.Error));

        var outcome = await TidepoolProcess.RunAsync(scratch, [.. arguments, "--yes"]);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Matches(@"^In us-east-1, cluster blue, with environment variables, all named tidepool-verify-[0-9a-f]{8} and tagged tidepool:verify-storage:\n", outcome.Error);
        Assert.Contains("  2 task definitions, 3 tasks of 0.25 vCPU and 0.5 GB, 0 services\n", outcome.Error, StringComparison.Ordinal);
        Assert.Matches(@"  about 0\.\d\d USD at list prices of us-east-1, if no task takes more than 5 minutes\n", outcome.Error);
        Assert.Contains("1 as expected, 0 DIFFERENT, 1 not tried; endpoint aws", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("no infrastructure role is known: give --infrastructure-role", outcome.Output, StringComparison.Ordinal);
        Assert.Equal("[]", (await served.AwsAsync("ecs", "list-task-definitions"))!["taskDefinitionArns"]!.ToJsonString());
        Assert.Equal("[]", (await served.AwsAsync("logs", "describe-log-groups"))!["logGroups"]!.ToJsonString());
        Assert.Equal("ACTIVE", (string?)(await served.AwsAsync("ecs", "describe-clusters", "--clusters", "blue"))!["clusters"]![0]!["status"]);
    }

    [Fact]
    public async Task Interrupted_it_removes_what_it_made()
    {
        using var scratch = new Scratch();
        await using var served = await Served.StartAsync(scratch);
        await using var verify = TidepoolProcess.Start(scratch, "verify-storage", "--endpoint", served.Exports["AWS_ENDPOINT_URL"], "--only", "stop-grace");
        await served.Process.WaitForErrorAsync(" RUNNING");
        await verify.SignalAsync("INT");
        Assert.Equal(130, (await verify.EndAsync()).ExitCode);
        Assert.Equal("[]", (await served.AwsAsync("ecs", "list-task-definitions"))!["taskDefinitionArns"]!.ToJsonString());
        Assert.DoesNotContain((await served.AwsAsync("ecs", "list-clusters"))!["clusterArns"]!.AsArray(), arn => ((string)arn!).Contains("verify", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--endpoint", "ftp://x", "--endpoint is 'ftp://x'; it must be local, aws, or a URL such as http://127.0.0.1:4566.")]
    [InlineData("--only", "no-such", "--only names 'no-such', and there is no such probe; --list shows them.")]
    [InlineData("--image-volume", "a b", "--image-volume is 'a b'; it must be an absolute path of letters, digits, '/', '.', '_' and '-', or none.")]
    public async Task A_wrong_option_is_refused(string option, string value, string error)
    {
        using var scratch = new Scratch();
        var outcome = await TidepoolProcess.RunAsync(scratch, "verify-storage", option, value);
        Assert.Equal((2, $"CLI001: {error} Run 'tidepool verify-storage --help' to see what there is.\n"), (outcome.ExitCode, outcome.Error));
    }
}
