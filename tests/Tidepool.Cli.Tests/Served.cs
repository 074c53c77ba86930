using System.Diagnostics;
using System.Text.Json.Nodes;
using Tidepool.Deployment.Tests;

namespace Tidepool.Cli.Tests;

/// <summary><c>tidepool serve</c> as a process, used by what it tells others to use.</summary>
internal sealed class Served : IAsyncDisposable
{
    private Served(TidepoolProcess process, IReadOnlyDictionary<string, string> exports) => (Process, Exports) = (process, exports);

    public TidepoolProcess Process { get; }

    /// <summary>The variables that it tells to export.</summary>
    public IReadOnlyDictionary<string, string> Exports { get; }

    /// <summary>Starts it on free ports, and waits until it is ready.</summary>
    public static async Task<Served> StartAsync(Scratch scratch, params string[] arguments)
    {
        var process = TidepoolProcess.Start(scratch, ["serve", "--ecs-port", "0", .. arguments]);
        await process.WaitForOutputAsync("\nready\n");
        return new(
            process,
            process.Output.Split('\n').Where(line => line.StartsWith("export ", StringComparison.Ordinal)).Select(line => line["export ".Length..].Split('=', 2))
                .ToDictionary(pair => pair[0], pair => pair[1]));
    }

    /// <summary>Runs the real aws command line with what was exported, and answers what it wrote.</summary>
    public async Task<JsonNode?> AwsAsync(params string[] arguments)
    {
        Assert.SkipUnless(Installed.Has("aws"), "The aws command line is not installed (pip install awscli).");
        var start = new ProcessStartInfo("aws", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Exports)
        {
            start.Environment[name] = value;
        }

        start.Environment["AWS_PAGER"] = "";
        start.Environment["AWS_DEFAULT_OUTPUT"] = "json";
        start.Environment["AWS_CONFIG_FILE"] = "/dev/null";
        start.Environment["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null";
        using var aws = System.Diagnostics.Process.Start(start)!;
        var ct = TestContext.Current.CancellationToken;
        var (output, error) = (aws.StandardOutput.ReadToEndAsync(ct), aws.StandardError.ReadToEndAsync(ct));
        await aws.WaitForExitAsync(ct);
        Assert.True(aws.ExitCode == 0, $"aws {string.Join(' ', arguments)} ended with {aws.ExitCode}: {await error}");
        return (await output) is { Length: > 0 } text ? JsonNode.Parse(text) : null;
    }

    /// <summary>Registers a task definition of one container, runs a task of it in a new cluster, and answers its ARN.</summary>
    public async Task<string> RunAsync(JsonObject container, params JsonObject[] volumes)
    {
        await AwsAsync("ecs", "create-cluster", "--cluster-name", "tide");
        await AwsAsync("ecs", "register-task-definition", "--cli-input-json", new JsonObject
        {
            ["family"] = "f",
            ["cpu"] = "1024",
            ["memory"] = "2048",
            ["networkMode"] = "awsvpc",
            ["requiresCompatibilities"] = new JsonArray("FARGATE"),
            ["executionRoleArn"] = "arn:aws:iam::123456789012:role/execution",
            ["containerDefinitions"] = new JsonArray(container),
            ["volumes"] = new JsonArray([.. volumes]),
        }.ToJsonString());
        var run = await AwsAsync(
            "ecs", "run-task", "--cluster", "tide", "--task-definition", "f", "--launch-type", "FARGATE",
            "--network-configuration", "awsvpcConfiguration={subnets=[subnet-1]}");
        return (string)run!["tasks"]![0]!["taskArn"]!;
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
