using Tidepool.Agent.Posix;

namespace Tidepool.Agent.Steps;

/// <summary>Runs one process of a step to its end, or stops it with growing force.</summary>
internal sealed class StepProcess(ChildReaper reaper, TimeProvider clock)
{
    /// <summary>As Microsoft's agent waits.</summary>
    private static readonly TimeSpan AfterInterrupt = TimeSpan.FromSeconds(7.5);
    private static readonly TimeSpan AfterTerminate = TimeSpan.FromSeconds(2.5);

    /// <summary>Ends with the exit code, after all output was handed on; a stopped process is gone, and its session with it.</summary>
    /// <param name="onLine">Gets each line, and whether it came from standard error.</param>
    /// <exception cref="IOException">The program could not be started.</exception>
    public async Task<int> RunAsync(ChildStart start, Action<string, bool> onLine, CancellationToken ct)
    {
        var child = ChildProcess.Start(start, reaper);
        var output = new OutputPump(child, onLine, clock).RunAsync();
        try
        {
            await child.Exit.WaitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            await StopAsync(child);
        }
        await output;
        return await child.Exit;
    }

    private async Task StopAsync(ChildProcess child)
    {
        child.Signal(Libc.SIGINT);
        if (!await EndsWithinAsync(child, AfterInterrupt))
        {
            child.Signal(Libc.SIGTERM);
            await EndsWithinAsync(child, AfterTerminate);
        }

        // Also when the shell itself obeyed: what it started may not have.
        foreach (var process in TreeOf(child.Id))
        {
            Libc.kill(process.Id, Libc.SIGKILL);
        }
    }

    private static IEnumerable<ProcessEntry> TreeOf(int leader)
    {
        var all = ProcessTable.Read();
        return all.Where(process => process.Session == leader).UnionBy(ProcessTable.DescendantsOf(leader, all), process => process.Id);
    }

    private async Task<bool> EndsWithinAsync(ChildProcess child, TimeSpan limit)
    {
        try
        {
            await child.Exit.WaitAsync(limit, clock);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
