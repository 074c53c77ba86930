using System.Diagnostics;
using System.Globalization;

namespace Tidepool.Bench;

/// <summary>Many agents that long-poll one service, which hands them jobs: how soon, and how many a second.</summary>
internal static class PoolBench
{
    private const int Agents = 500;
    private const int JobsOfRun = 25;

    // Two hundred jobs a second, for ten seconds.
    private const int PacedRuns = 80;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(0.125);

    private const int FloodRuns = 120;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(Installed installed, CancellationToken ct)
    {
        await using var server = await PipelinesServer.StartAsync(installed, [Jobs(JobsOfRun)], ct);
        await using var agents = await SimulatedAgents.StartAsync(server, Agents, ct);
        await server.QueueAsync(1, ct);
        await agents.DoneAsync(JobsOfRun, ct);

        var before = agents.Done;
        using (var timer = new PeriodicTimer(Pace))
        {
            var queued = new List<Task>();
            for (var i = 0; i < PacedRuns; i++)
            {
                queued.Add(server.QueueAsync(1, ct));
                await timer.WaitForNextTickAsync(ct);
            }

            await Task.WhenAll(queued);
        }

        await agents.DoneAsync(before + (PacedRuns * JobsOfRun), ct);
        var assigned = agents.Assigned(before);

        before = agents.Done;
        var began = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Enumerable.Range(0, FloodRuns), new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = ct }, async (_, one) => await server.QueueAsync(1, one));
        await agents.DoneAsync(before + (FloodRuns * JobsOfRun), ct);
        var rate = FloodRuns * JobsOfRun / Stopwatch.GetElapsedTime(began).TotalSeconds;
        return
        [
            new(
                $"{Agents} agents, 200 jobs a second: a job queued until its agent has it, 99 of 100 within", assigned[assigned.Count * 99 / 100], "ms", 100, AtLeast: false,
                string.Create(CultureInfo.InvariantCulture, $"{assigned.Count} empty jobs, {JobsOfRun} a run; half within {assigned[assigned.Count / 2]:0.0} ms, all within {assigned[^1]:0} ms")),
            new(
                $"{Agents} agents: jobs a second, queued, run and finished", rate, "jobs/s", 200, AtLeast: true,
                $"{FloodRuns * JobsOfRun} empty jobs in {FloodRuns} runs as fast as they go; agents and service share this machine; memory {ProcessMemory.Of(server.Pid)} MiB"),
        ];
    }

    /// <summary>A pipeline of so many empty jobs.</summary>
    public static string Jobs(int count) =>
        "jobs:\n" + string.Concat(Enumerable.Range(0, count).Select(i => $"- job: j{i}\n  steps:\n  - checkout: none\n  - script: 'true'\n"));
}
