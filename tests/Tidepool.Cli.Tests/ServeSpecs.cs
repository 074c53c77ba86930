using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Tidepool.Deployment.Tests;

namespace Tidepool.Cli.Tests;

/// <summary><c>tidepool serve</c> as a process, with the real aws command line and a real moto_server.</summary>
public sealed class ServeSpecs(Moto moto) : IClassFixture<Moto>
{
    [Fact]
    public async Task It_says_what_to_export_and_ends_on_SIGTERM_with_nothing_left()
    {
        using var scratch = new Scratch();
        scratch.Environment["AWS_REGION"] = "eu-north-1";
        await using var served = await Served.StartAsync(scratch);
        Assert.Equal(
            [
                "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_REGION=eu-north-1", "AWS_DEFAULT_REGION=eu-north-1",
                "AZP_URL", "AZP_POOL=fargate",
            ],
            served.Exports.Select(pair => pair.Key is "AWS_ENDPOINT_URL" or "AZP_URL" ? pair.Key : $"{pair.Key}={pair.Value}"));
        Assert.Matches(@"^http://127\.0\.0\.1:\d+$", served.Exports["AWS_ENDPOINT_URL"]);
        Assert.Matches(@"^http://127\.0\.0\.1:\d+/local$", served.Exports["AZP_URL"]);
        var arn = await served.RunAsync(Waiting(2));
        Assert.StartsWith("arn:aws:ecs:eu-north-1:000000000000:task/tide/", arn, StringComparison.Ordinal);
        await served.AwsAsync("ecs", "wait", "tasks-running", "--cluster", "tide", "--tasks", arn);

        await served.Process.SignalAsync("TERM");
        var outcome = await served.Process.EndAsync();
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains($"task {arn.Split('/')[^1]} STOPPED: The local Fargate is being stopped.", outcome.Error, StringComparison.Ordinal);
        Assert.EndsWith("stopped: every process has ended and every volume is removed\n", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(scratch.Environments);
    }

    [Fact]
    public async Task With_moto_upstream_an_agent_comes_online_with_a_secret_from_there_and_its_lines_are_in_CloudWatch_there()
    {
        using var scratch = new Scratch();
        scratch.Environment["TIDEPOOL_TOKEN"] = "a-token-of-this-test-alone";
        await using var served = await Served.StartAsync(scratch, "--upstream", moto.Endpoint.AbsoluteUri);
        var name = $"n{Guid.NewGuid():n}";
        var secret = (string)(await served.AwsAsync(
            "secretsmanager", "create-secret", "--name", name, "--secret-string", """{"AZP_TOKEN":"a-token-of-this-test-alone"}"""))!["ARN"]!;
        await served.AwsAsync("logs", "create-log-group", "--log-group-name", name);
        var arn = await served.RunAsync(new()
        {
            ["name"] = "agent-1",
            ["image"] = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tidepool-agent:1",
            ["environment"] = new JsonArray(
                new JsonObject { ["name"] = "AZP_URL", ["value"] = served.Exports["AZP_URL"] },
                new JsonObject { ["name"] = "AZP_POOL", ["value"] = served.Exports["AZP_POOL"] }),
            ["secrets"] = new JsonArray(new JsonObject { ["name"] = "AZP_TOKEN", ["valueFrom"] = $"{secret}:AZP_TOKEN::" }),
            ["logConfiguration"] = new JsonObject
            {
                ["logDriver"] = "awslogs",
                ["options"] = new JsonObject { ["awslogs-group"] = name, ["awslogs-region"] = "us-east-1", ["awslogs-stream-prefix"] = "agents" },
            },
        });
        var taskId = arn.Split('/')[^1];
        Assert.StartsWith("arn:aws:ecs:us-east-1:123456789012:task/tide/", arn, StringComparison.Ordinal);
        string[] lines = [];
        for (var look = 0; look < 20 && !lines.Any(line => line.Contains("is online in pool fargate", StringComparison.Ordinal)); look++)
        {
            lines =
            [
                .. (await served.AwsAsync("logs", "filter-log-events", "--log-group-name", name))!["events"]!.AsArray()
                    .Select(line => $"{line!["logStreamName"]} {line["message"]}"),
            ];
        }

        Assert.Contains(lines, line => line.StartsWith(
            $"agents/agent-1/{taskId} Agent {taskId[..12]}-{taskId} is online in pool fargate", StringComparison.Ordinal));
        await served.Process.SignalAsync("INT");
        var outcome = await served.Process.EndAsync();
        Assert.Equal(0, outcome.ExitCode);
        Assert.DoesNotContain("a-token-of-this-test-alone", outcome.Output + outcome.Error, StringComparison.Ordinal);
        Assert.Empty(scratch.Environments);
    }

    [Fact]
    public async Task A_second_signal_gives_processes_no_more_time()
    {
        using var scratch = new Scratch();
        await using var served = await Served.StartAsync(scratch);
        var arn = await served.RunAsync(Waiting(120, "trap '' TERM"));
        await served.AwsAsync("ecs", "wait", "tasks-running", "--cluster", "tide", "--tasks", arn);
        await served.Process.SignalAsync("TERM");
        await served.Process.WaitForErrorAsync("(once more to hurry)");
        await served.Process.SignalUntilAsync(
            "TERM", process => process.Error.Contains("hurrying: processes get no more time to end (once more to leave at once)", StringComparison.Ordinal));
        Assert.Equal(0, (await served.Process.EndAsync()).ExitCode);
        Assert.Empty(scratch.Environments);
    }

    [Fact]
    public async Task As_JSON_it_says_the_same_in_one_line()
    {
        using var scratch = new Scratch();
        await using var process = TidepoolProcess.Start(scratch, "serve", "--ecs-port", "0", "--json");
        await process.WaitForOutputAsync("\n");
        await process.SignalAsync("TERM");
        var said = JsonNode.Parse(Assert.Single((await process.EndAsync()).Output.TrimEnd().Split('\n')))!;
        Assert.True((bool)said["ready"]!);
        Assert.Equal(("local", "us-east-1", "fargate"), ((string?)said["exports"]!["AWS_ACCESS_KEY_ID"], (string?)said["exports"]!["AWS_REGION"], (string?)said["exports"]!["AZP_POOL"]));
    }

    [Theory]
    [InlineData("--ecs-port", "SERVE001: The ECS endpoint cannot listen on 127.0.0.1:PORT: the port is in use. "
        + "Stop what uses the port, or choose another one with --ecs-port; port 0 takes any that is free.\n")]
    [InlineData("--pipelines-port", "SERVICE001: The embedded Azure Pipelines service cannot listen on 127.0.0.1:PORT: the port is in use. "
        + "Stop what uses the port, or choose another one; port 0 takes any that is free.\n")]
    public async Task A_port_in_use_is_one_clear_error(string option, string error)
    {
        using var scratch = new Scratch();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = $"{((IPEndPoint)taken.LocalEndpoint).Port}";
        string[] free = option == "--ecs-port" ? [] : ["--ecs-port", "0"];
        var outcome = await TidepoolProcess.RunAsync(scratch, ["serve", option, port, .. free]);
        Assert.Equal((2, "", error.Replace("PORT", port, StringComparison.Ordinal)), (outcome.ExitCode, outcome.Output, outcome.Error));
        Assert.Empty(scratch.Environments);
    }

    [Fact]
    public async Task An_upstream_that_is_not_there_is_one_clear_error()
    {
        using var scratch = new Scratch();
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/";
        free.Stop();
        var outcome = await TidepoolProcess.RunAsync(scratch, "serve", "--ecs-port", "0", "--upstream", url);
        Assert.Equal(
            (2, $"SERVE003: The upstream {url} does not answer as AWS does: Connection refused ({url[7..^1]}) Start it, or name another one with --upstream.\n"),
            (outcome.ExitCode, outcome.Error));
        Assert.Empty(scratch.Environments);
    }

    [Theory]
    [InlineData("--upstream", "moto", "--upstream is 'moto'; it must be a URL such as http://127.0.0.1:5000.")]
    [InlineData("--ecs-port", "70000", "--ecs-port is '70000'; it must be a whole number from 0 to 65535.")]
    [InlineData("--time-scale", "2", "--time-scale is '2'; it must be a number from 0 to 1.")]
    public async Task A_wrong_option_is_refused(string option, string value, string error)
    {
        using var scratch = new Scratch();
        var outcome = await TidepoolProcess.RunAsync(scratch, "serve", option, value);
        Assert.Equal((2, $"CLI001: {error} Run 'tidepool serve --help' to see what there is.\n"), (outcome.ExitCode, outcome.Error));
    }

    private static JsonObject Waiting(int stopTimeout, string trap = "trap 'exit 0' TERM") => new()
    {
        ["name"] = "agent-1",
        ["image"] = "tidepool-agent:1",
        ["command"] = new JsonArray("bash", "-c", $"{trap}; while :; do sleep 1000 & wait $!; done"),
        ["stopTimeout"] = stopTimeout,
    };
}
