using System.Diagnostics;

namespace Tidepool.Bench;

/// <summary>Many runs to their end, one after another: the service's memory after some of them and after all.</summary>
internal static class RunsBench
{
    private const int Agents = 20;
    private const int Some = 1_000;
    private const int All = 10_000;
    private const int AtOnce = 8;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(Installed installed, CancellationToken ct)
    {
        await using var server = await PipelinesServer.StartAsync(installed, [PoolBench.Jobs(1)], ct);
        await using var agents = await SimulatedAgents.StartAsync(server, Agents, ct);
        var began = Stopwatch.GetTimestamp();
        await RunsAsync(server, agents, Some, ct);
        var some = ProcessMemory.Of(server.Pid);
        await RunsAsync(server, agents, All - Some, ct);
        var all = ProcessMemory.Of(server.Pid);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var kept = (int)(await server.GetAsync("build/builds", ct))["count"]!;
        return
        [
            new(
                $"tidepool serve: resident memory after {All} runs over that after {Some}", all.Resident / some.Resident, "×", 1.1, AtLeast: false,
                $"MiB: {all}; after {Some} {some}; runs of one empty job, queued over HTTP, {All / seconds:0} a second, state kept in SQLite; {kept} runs are left to read"),
        ];
    }

    private static async Task RunsAsync(PipelinesServer server, SimulatedAgents agents, int count, CancellationToken ct)
    {
        var before = agents.Done;
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (i, one) =>
        {
            await server.QueueAsync(1, one);

            // No more are queued than agents take.
            while (i - (agents.Done - before) > 2 * Agents)
            {
                await Task.Delay(1, one);
            }
        });
        await agents.DoneAsync(before + count, ct);
    }
}
