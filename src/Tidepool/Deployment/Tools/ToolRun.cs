using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Tidepool.Deployment.Tools;

/// <summary>One command of the user's (docker, git), run to its end with each line as it comes.</summary>
/// <param name="Program">Its name on the PATH.</param>
/// <param name="Arguments">Its arguments; never a secret, for every user of the machine sees them.</param>
internal sealed record ToolRun(string Program, IReadOnlyList<string> Arguments)
{
    // From the polite signal to the other one.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Working directory; null for this process's own.</summary>
    public string? Folder { get; init; }

    /// <summary>Variables besides the inherited ones.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Standard input; the way for secrets. Empty by default.</summary>
    public string Input { get; init; } = "";

    /// <summary>Hears each line of both outputs, from any thread.</summary>
    public Action<string>? OnLine { get; init; }

    /// <summary>Runs it; when canceled it gets SIGINT, and SIGKILL if it has not ended 20 s later.</summary>
    /// <returns>Null when there is no such program.</returns>
    public async Task<ToolAnswer?> RunAsync(TimeProvider clock, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var start = new ProcessStartInfo(Program, Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        ToolEnvironment.WithoutSecrets(start);
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        using var process = Start(start);
        if (process is null)
        {
            return null;
        }

        var output = ReadAsync(process.StandardOutput);
        var errors = ReadAsync(process.StandardError);
        await WriteInputAsync(process);
        try
        {
            await process.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(process, clock);
            throw;
        }

        return new ToolAnswer(process.ExitCode, await output, await errors);
    }

    private static Process? Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private async Task WriteInputAsync(Process process)
    {
        try
        {
            await process.StandardInput.WriteAsync(Input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading; its exit code says why.
        }
    }

    private async Task<IReadOnlyList<string>> ReadAsync(StreamReader reader)
    {
        var lines = new List<string>();
        while (await reader.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            OnLine?.Invoke(line);
        }

        return lines;
    }

    private static async Task EndAsync(Process process, TimeProvider clock)
    {
        Signals.Interrupt(process.Id);
        using var patience = new CancellationTokenSource(Patience, clock);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }
    }
}

/// <summary>How a tool ended.</summary>
internal sealed record ToolAnswer(int ExitCode, IReadOnlyList<string> Output, IReadOnlyList<string> Errors)
{
    /// <summary>The end of what it said, errors last, on one line.</summary>
    public string LastWords(int lines) => string.Join(" ", Output.Concat(Errors).Select(line => line.Trim()).Where(line => line.Length > 0).TakeLast(lines));
}

/// <summary>Signals to processes, for which .NET has only the deadly one.</summary>
internal static class Signals
{
    private const int SigInt = 2;

    public static void Interrupt(int processId) => _ = kill(processId, SigInt);

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);
}
