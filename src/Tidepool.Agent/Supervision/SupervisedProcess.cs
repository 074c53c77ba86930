using Tidepool.Agent.Posix;

namespace Tidepool.Agent.Supervision;

/// <summary>A program of the supervised agent. What it writes goes on to the container's log, line by line.</summary>
internal sealed class SupervisedProcess
{
    /// <summary>How long the last lines are waited for when something else holds the output open.</summary>
    private static readonly TimeSpan LastLines = TimeSpan.FromMilliseconds(500);

    private readonly ChildProcess _child;
    private string _lastLine = "";
    private string _lastError = "";

    private readonly Func<string, string> _mask;

    private SupervisedProcess(ChildProcess child, Action<string> onLine, Func<string, string> mask, TimeProvider clock)
    {
        (_child, _mask) = (child, mask);

        // An update script may write to the output long after the listener ended, and must not be ended by that.
        var pump = new OutputPump(child, (line, isError) => Take(line, isError, onLine), clock)
        {
            Quiet = SelfUpdate.Limit,
            Longest = SelfUpdate.Limit,
        };
        Exit = ExitAsync(pump.RunAsync(), clock);
    }

    public int Id => _child.Id;

    /// <summary>The exit code, 128 and the signal's number for one that a signal ended; after its last line.</summary>
    public Task<int> Exit { get; }

    /// <summary>The last line that says why it ended: of its errors, or of its output where it wrote none.</summary>
    public string LastWords => _lastError.Length > 0 ? _lastError : _lastLine.Length > 0 ? _lastLine : "it wrote nothing";

    /// <param name="onLine">Hears every line; null for nobody.</param>
    /// <param name="mask">Takes secrets out of a line; null where there can be none.</param>
    /// <exception cref="IOException">The program could not be started.</exception>
    public static SupervisedProcess Start(
        ChildStart start, ChildReaper reaper, TimeProvider clock, Action<string>? onLine = null, Func<string, string>? mask = null) =>
        new(ChildProcess.Start(start, reaper), onLine ?? (_ => { }), mask ?? (line => line), clock);

    /// <summary>Sends a signal to the program alone: to Microsoft's listener, which passes a cancel on to its worker in its own way.</summary>
    public void Signal(int signal)
    {
        if (!_child.Exit.IsCompleted)
        {
            Libc.kill(Id, signal);
        }
    }

    /// <summary>Ends it and all that it started and that stayed in its session.</summary>
    public void Kill() => _child.Signal(Libc.SIGKILL);

    private void Take(string raw, bool isError, Action<string> onLine)
    {
        var line = _mask(raw);
        if (line.Length > 0)
        {
            (isError ? ref _lastError : ref _lastLine) = line;
        }
        if (isError)
        {
            AgentLog.Warning(line);
        }
        else
        {
            AgentLog.Info(line);
        }
        onLine(line);
    }

    private async Task<int> ExitAsync(Task output, TimeProvider clock)
    {
        var code = await _child.Exit;
        await Task.WhenAny(output, Task.Delay(LastLines, clock, CancellationToken.None));
        return code;
    }
}
