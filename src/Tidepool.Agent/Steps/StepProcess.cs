using System.Globalization;
using Tidepool.Agent.Posix;

namespace Tidepool.Agent.Steps;

/// <summary>How long a process that is asked to end has before it is asked again, and then before it is killed.</summary>
/// <param name="AfterInterrupt">From SIGINT to SIGTERM. Default 7.5 s.</param>
/// <param name="AfterTerminate">From SIGTERM to SIGKILL. Default 2.5 s.</param>
/// <remarks>
/// Defaults and settings are those of Microsoft's agent.
/// Source: https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Agent.Sdk/Knob/AgentKnobs.cs
/// </remarks>
internal sealed record StopSpans(TimeSpan AfterInterrupt, TimeSpan AfterTerminate)
{
    public static readonly StopSpans Default = new(TimeSpan.FromSeconds(7.5), TimeSpan.FromSeconds(2.5));

    /// <param name="setting">A variable of the job or of the environment; milliseconds, null where it is not set.</param>
    public static StopSpans Of(Func<string, string?> setting) => new(
        Milliseconds(setting("PROCESS_SIGINT_TIMEOUT")) ?? Default.AfterInterrupt,
        Milliseconds(setting("PROCESS_SIGTERM_TIMEOUT")) ?? Default.AfterTerminate);

    private static TimeSpan? Milliseconds(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : null;
}

/// <summary>Runs one process of a step to its end, or stops it with growing force.</summary>
/// <param name="spans">Null for the defaults.</param>
internal sealed class StepProcess(ChildReaper reaper, TimeProvider clock, StopSpans? spans = null)
{
    private readonly StopSpans _spans = spans ?? StopSpans.Default;

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
        if (!await EndsWithinAsync(child, _spans.AfterInterrupt))
        {
            child.Signal(Libc.SIGTERM);
            await EndsWithinAsync(child, _spans.AfterTerminate);
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
