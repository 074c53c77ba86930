using Tidepool.Agent.Posix;

namespace Tidepool.Agent.Supervision;

/// <summary>Processes that the listener or its jobs left behind. They are this process's children now: it is PID 1, or a subreaper.</summary>
internal static class LeftOvers
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(10);

    /// <summary>Kills until none is left: a killed process may have started another.</summary>
    /// <returns>The names of those that were killed.</returns>
    public static async Task<IReadOnlyList<string>> KillAsync(TimeProvider clock)
    {
        var start = clock.GetTimestamp();
        var killed = new Dictionary<int, string>();
        while (ProcessTable.DescendantsOf(Environment.ProcessId, ProcessTable.Read()).ToList() is { Count: > 0 } left
            && clock.GetElapsedTime(start) < StopBudget.LeftOvers)
        {
            foreach (var process in left)
            {
                killed[process.Id] = process.Name;
                Libc.kill(process.Id, Libc.SIGKILL);
            }
            await Task.Delay(LookAgain, clock, CancellationToken.None);
        }
        return [.. killed.Values];
    }
}
