using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Tidepool.Bench;

/// <summary>From RunTask to RUNNING, as a client sees it.</summary>
internal static class TaskBench
{
    private const int Runs = 25;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    /// <summary>With the sandbox.</summary>
    public static async Task<IReadOnlyList<Measurement>> RunAsync(Installed installed, CancellationToken ct)
    {
        await using var tidepool = await EcsServer.TidepoolAsync(installed, engine: null, ct);
        using var client = await ClientAsync(tidepool, ct);
        var running = new List<double>();
        for (var i = 0; i < Runs; i++)
        {
            running.Add(await RunOneAsync(client, ct));
        }

        return [Measurement.Median("sandbox: RunTask to RUNNING", running, "ms", 100, "tasks")];
    }

    /// <summary>With a container engine, in turns with <c>docker run</c> of the same image.</summary>
    public static async Task<IReadOnlyList<Measurement>> RunInEngineAsync(Installed installed, CancellationToken ct)
    {
        if (EngineProcess.Missing is { } missing)
        {
            Console.Error.WriteLine($"not measured: {missing}");
            return [];
        }

        await using var engine = await EngineProcess.StartAsync(ct);
        await using var tidepool = await EcsServer.TidepoolAsync(installed, engine.Socket, ct);
        using var client = await ClientAsync(tidepool, ct);
        var (running, plain) = (new List<double>(), new List<double>());
        for (var i = 0; i < Runs; i++)
        {
            var began = Stopwatch.GetTimestamp();
            var container = await engine.DockerAsync(ct, ["run", "--detach", BenchTask.Image, .. BenchTask.Command]);
            plain.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            await engine.DockerAsync(ct, "rm", "--force", "--volumes", container);
            running.Add(await RunOneAsync(client, ct));
        }

        var more = running.Zip(plain, (ours, theirs) => ours - theirs).ToList();
        return
        [
            Measurement.Median("docker: RunTask to RUNNING, over docker run of the same image", more, "ms", 150, "pairs") with
            {
                How = string.Create(CultureInfo.InvariantCulture, $"median of {Runs} pairs; medians by themselves {Middle(running):0} and {Middle(plain):0} ms"),
            },
        ];
    }

    private static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>A client of a server that has the cluster and the task definition now.</summary>
    public static async Task<EcsClient> ClientAsync(EcsServer server, CancellationToken ct)
    {
        var client = new EcsClient(server.Url, 1);
        await client.AskAsync("CreateCluster", new() { ["clusterName"] = BenchTask.Cluster }, ct);
        await client.AskAsync("RegisterTaskDefinition", BenchTask.Definition, ct);
        return client;
    }

    /// <summary>Runs a task, and stops it once it was seen to run.</summary>
    private static async Task<double> RunOneAsync(EcsClient client, CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        var task = (string)(await client.AskAsync("RunTask", BenchTask.Run("subnet-1"), ct))["tasks"]![0]!["taskArn"]!;
        await UntilAsync(client, task, "RUNNING", ct);
        var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        await client.AskAsync("StopTask", new() { ["cluster"] = BenchTask.Cluster, ["task"] = task }, ct);
        await UntilAsync(client, task, "STOPPED", ct);
        return took;
    }

    private static async Task UntilAsync(EcsClient client, string task, string status, CancellationToken ct)
    {
        for (JsonNode found; (string?)(found = (await client.AskAsync("DescribeTasks", BenchTask.Describe([task]), ct))["tasks"]![0]!)["lastStatus"] != status;)
        {
            if ((string?)found["lastStatus"] is "STOPPED")
            {
                throw new InvalidOperationException($"The task stopped: {found["stoppedReason"]}");
            }

            await Task.Delay(Pause, TimeProvider.System, ct);
        }
    }
}
