using System.Text.Json.Nodes;
using Tidepool.Deployment.Tests;

namespace Tidepool.Cli.Tests;

/// <summary><c>tidepool compare --endpoint aws</c>, with emulators in the place of AWS.</summary>
public sealed class CompareInAccountSpecs(Moto moto) : IClassFixture<Moto>
{
    [Fact]
    public async Task It_says_what_it_makes_and_costs_and_leaves_out_what_the_account_does_not_give()
    {
        using var scratch = new Scratch();
        await using var served = await Served.StartAsync(scratch, "--upstream", moto.Endpoint.AbsoluteUri);
        await served.AwsAsync("ecs", "create-cluster", "--cluster-name", "green");
        foreach (var (name, value) in served.Exports)
        {
            scratch.Environment[name] = value;
        }

        string[] arguments =
        [
            "compare", "--endpoint", "aws", "--cluster", "green", "--subnets", "subnet-1", "--image", "123456789012.dkr.ecr.us-east-1.amazonaws.com/tidepool-agent:1",
            "--execution-role", "arn:aws:iam::123456789012:role/execution", "--only", "other-task", "task-replaced", "--no-pipeline",
        ];
        var unasked = await TidepoolProcess.RunInShellAsync(scratch, $"{string.Join(' ', arguments)} < /dev/null");
        Assert.Equal(
            (2, "VERIFY006: This makes tasks in your account, and there is no terminal to ask at. Run it in a terminal, or with --yes.\n"),
            (unasked.ExitCode, unasked.Error));

        // Speed is told in the plan alone: five large tasks take long.
        var file = Path.Combine(scratch.Folder, "report.json");
        var outcome = await TidepoolProcess.RunAsync(scratch, [.. arguments, "--no-speed", "--yes", "--json", file]);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("  4 task definitions, 5 tasks of 0.25 vCPU and 0.5 GB, 1 service\n", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("2 as expected, 0 DIFFERENT, 10 not tried; endpoint aws", outcome.Output, StringComparison.Ordinal);
        var cells = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!["scenarios"]![0]!["cells"]!.AsArray();
        Assert.Equal("no infrastructure role is known: give --infrastructure-role", (string?)cells[1]!["text"]);
        Assert.Equal("no EFS file system is known: give --file-system", (string?)cells[4]!["text"]);
        Assert.Equal("[]", (await served.AwsAsync("ecs", "list-task-definitions"))!["taskDefinitionArns"]!.ToJsonString());
    }
}
