using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Tidepool.Bench;

/// <summary>Many tasks at once in the sandbox: started, described and stopped; what each costs, and what is left.</summary>
internal static class ManyTasksBench
{
    private const int Few = 10;
    private const int Many = 200;
    private const int Rounds = 3;
    private const int TasksPerCall = 10;
    private const int TasksPerDescription = 100;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static async Task<IReadOnlyList<Measurement>> RunAsync(Installed installed, CancellationToken ct)
    {
        await using var tidepool = await EcsServer.TidepoolAsync(installed, engine: null, ct);
        using var client = await TaskBench.ClientAsync(tidepool, ct);
        var costs = new Dictionary<int, List<double>> { [Few] = [], [50] = [], [Many] = [] };
        await CostAsync(client, Few, ct);
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (count, cost) in costs)
            {
                cost.Add(await CostAsync(client, count, ct));
            }
        }

        var medians = costs.ToDictionary(cost => cost.Key, cost => cost.Value.Order().ElementAt(Rounds / 2));
        return
        [
            new(
                $"sandbox: cost of a task, {Many} at once over {Few} at once", medians[Many] / medians[Few], "×", 1.25, AtLeast: false,
                $"started, described and stopped, medians of {Rounds}: "
                    + string.Join(", ", medians.Select(median => string.Create(CultureInfo.InvariantCulture, $"{median.Value:0.0} ms each of {median.Key}")))),
            new(
                $"sandbox: processes, mounts, loop devices and folders left of {costs.Keys.Sum() * Rounds} tasks", LeftOf(tidepool), "", 0, AtLeast: false,
                $"before the environment ends; {ProcessMemory.Of(tidepool.Pid)} MiB"),
        ];
    }

    /// <summary>Milliseconds for each of some tasks, from the first RunTask until the last is STOPPED.</summary>
    private static async Task<double> CostAsync(EcsClient client, int count, CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        var tasks = new List<string>();
        while (tasks.Count < count)
        {
            var answer = await client.AskAsync("RunTask", BenchTask.Run("subnet-1", TasksPerCall), ct);
            tasks.AddRange(answer["tasks"]!.AsArray().Select(task => (string)task!["taskArn"]!));
        }

        await UntilAsync(client, tasks, "RUNNING", ct);
        await Task.WhenAll(tasks.Select(task => client.AskAsync("StopTask", new() { ["cluster"] = BenchTask.Cluster, ["task"] = task }, ct)));
        await UntilAsync(client, tasks, "STOPPED", ct);
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds / count;
    }

    private static async Task UntilAsync(EcsClient client, IReadOnlyList<string> tasks, string status, CancellationToken ct)
    {
        foreach (var some in tasks.Chunk(TasksPerDescription))
        {
            while (true)
            {
                var found = (await client.AskAsync("DescribeTasks", BenchTask.Describe(some), ct))["tasks"]!.AsArray().Select(task => (string)task!["lastStatus"]!).ToArray();
                if (found.All(seen => seen == status))
                {
                    break;
                }

                if (status is "RUNNING" && found.Contains("STOPPED"))
                {
                    throw new InvalidOperationException("A task stopped by itself.");
                }

                await Task.Delay(Pause, TimeProvider.System, ct);
            }
        }
    }

    private static int LeftOf(EcsServer tidepool)
    {
        var folder = tidepool.EnvironmentFolder;
        var processes = Directory.EnumerateDirectories($"/proc/{tidepool.Pid}/task")
            .Sum(thread => File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
        var mounts = File.ReadLines($"/proc/{tidepool.Pid}/mounts").Count(mount => mount.Contains(folder, StringComparison.Ordinal));
        var loops = Directory.EnumerateDirectories("/sys/block", "loop*").Select(device => $"{device}/loop/backing_file")
            .Count(file => File.Exists(file) && File.ReadAllText(file).StartsWith(folder, StringComparison.Ordinal));

        // Tasks' ids are 32 hex digits; their logs are files.
        var folders = Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Count(path => Guid.TryParseExact(Path.GetFileName(path), "N", out _));
        return processes + mounts + loops + folders;
    }
}
