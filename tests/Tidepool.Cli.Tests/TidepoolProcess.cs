using System.Diagnostics;
using System.Text;

namespace Tidepool.Cli.Tests;

/// <summary>The real command line as a process, with a state folder of its own.</summary>
internal sealed class TidepoolProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private readonly Process _process;
    private readonly StringBuilder _error = new();
    private readonly StringBuilder _output = new();
    private readonly Task _reading;

    private TidepoolProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, _output), ReadAsync(process.StandardError, _error));
    }

    public int Id => _process.Id;

    public string Error
    {
        get
        {
            lock (_error)
            {
                return _error.ToString();
            }
        }
    }

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static TidepoolProcess Start(Scratch scratch, params string[] arguments) => Start(scratch, Clone.CommandLine, arguments);

    /// <summary>Runs to the end in a shell, for what only a shell can redirect.</summary>
    public static async Task<Outcome> RunInShellAsync(Scratch scratch, string arguments)
    {
        await using var process = Start(scratch, "/bin/sh", ["-c", $"exec '{Clone.CommandLine}' {arguments}"]);
        return await process.EndAsync();
    }

    private static TidepoolProcess Start(Scratch scratch, string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = scratch.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["XDG_STATE_HOME"] = scratch.State;
        start.Environment["TIDEPOOL_HOME"] = Clone.Root;

        // The tests are of the sandbox, whatever engine this machine has.
        start.Environment["DOCKER_HOST"] = "unix:///nowhere.sock";
        foreach (var (name, value) in scratch.Environment)
        {
            start.Environment[name] = value;
        }

        return new TidepoolProcess(Process.Start(start)!);
    }

    /// <summary>Runs to the end.</summary>
    public static async Task<Outcome> RunAsync(Scratch scratch, params string[] arguments)
    {
        await using var process = Start(scratch, arguments);
        return await process.EndAsync();
    }

    /// <summary>Waits until standard error holds a text.</summary>
    public Task WaitForErrorAsync(string text) => WaitAsync(() => Error, text);

    /// <summary>Waits until standard output holds a text.</summary>
    public Task WaitForOutputAsync(string text) => WaitAsync(() => Output, text);

    private async Task WaitAsync(Func<string> said, string text)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!said().Contains(text, StringComparison.Ordinal))
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"The process ended before it said '{text}'. It said:\n{Error}");
            }

            await Wait.BrieflyAsync(limit.Token);
        }
    }

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Signals again and again: one that comes at once after another counts as the same.</summary>
    public async Task SignalUntilAsync(string signal, Func<TidepoolProcess, bool> done)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!done(this))
        {
            await SignalAsync(signal);
            await Wait.BrieflyAsync(limit.Token);
        }
    }

    public bool HasExited => _process.HasExited;

    public Task<Outcome> EndAsync() => EndAsync(Limit);

    public async Task<Outcome> EndAsync(TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        await _process.WaitForExitAsync(limit.Token);
        await _reading.WaitAsync(limit.Token);
        return new Outcome(_process.ExitCode, _output.ToString(), Error);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static async Task ReadAsync(StreamReader reader, StringBuilder into)
    {
        var buffer = new char[4096];
        int read;
        while ((read = await reader.ReadAsync(buffer)) > 0)
        {
            lock (into)
            {
                into.Append(buffer, 0, read);
            }
        }
    }
}

/// <summary>How a process ended.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error);
