using System.ComponentModel;
using System.Diagnostics;

namespace Tidepool.Deployment.Tools;

/// <summary>
/// A command that must come to its own end whatever becomes of this process: Terraform, which loses what it made if it dies before it
/// has written its state. It runs in a session of its own, so that Ctrl-C in the terminal reaches it once and through us (twice would
/// make it leave at once), and it writes to a file, so that it does not die of a broken pipe when this process is killed.
/// </summary>
internal static class LastingRun
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs it to its end. When canceled it gets SIGINT once and is waited for, however long it takes.</summary>
    /// <param name="program">Its name on the PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">Working directory.</param>
    /// <param name="outputFile">Where both its outputs go; written anew.</param>
    /// <param name="onLine">Hears each line.</param>
    /// <returns>The exit code; null when there is no such program.</returns>
    public static async Task<int?> RunAsync(
        string program,
        IEnumerable<string> arguments,
        string folder,
        string outputFile,
        IReadOnlyDictionary<string, string> environment,
        Action<string> onLine,
        TimeProvider clock,
        CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (Programs.Find(program) is not { } path)
        {
            return null;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(outputFile)!);
        await File.WriteAllBytesAsync(outputFile, [], ct);
        using var process = Start(path, arguments, folder, outputFile, environment);
        using var interrupting = ct.Register(() => Signals.Interrupt(process.Id));
        await using var reading = new FileStream(outputFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var lines = new TailedLines(reading, onLine);
        using var timer = new PeriodicTimer(LookInterval, clock);
        while (!process.HasExited)
        {
            await lines.ReadAsync();
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        await process.WaitForExitAsync(CancellationToken.None);
        await lines.ReadAsync();
        lines.End();
        return process.ExitCode;
    }

    private static Process Start(
        string path, IEnumerable<string> arguments, string folder, string outputFile, IReadOnlyDictionary<string, string> environment)
    {
        // A shell, because .NET cannot give a process a file for its output. It becomes the program, as setsid does: one process id for all.
        string[] shell = ["/bin/sh", "-c", "exec \"$0\" \"$@\" < /dev/null >> \"$TIDEPOOL_OUTPUT_FILE\" 2>&1", path, .. arguments];
        string[] command = Programs.Find("setsid") is { } setsid ? [setsid, .. shell] : shell;
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { WorkingDirectory = folder };
        ToolEnvironment.WithoutSecrets(start);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["TIDEPOOL_OUTPUT_FILE"] = outputFile;
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"{command[0]} could not be started in {folder}.", e);
        }
    }

    /// <summary>Whole lines of a file that grows.</summary>
    private sealed class TailedLines(Stream file, Action<string> onLine)
    {
        private readonly byte[] _buffer = new byte[32 * 1024];
        private readonly MemoryStream _pending = new();

        public async Task ReadAsync()
        {
            int read;
            while ((read = await file.ReadAsync(_buffer, CancellationToken.None)) > 0)
            {
                foreach (var value in _buffer.AsSpan(0, read))
                {
                    if (value == '\n')
                    {
                        End();
                    }
                    else
                    {
                        _pending.WriteByte(value);
                    }
                }
            }
        }

        /// <summary>What is pending is a line.</summary>
        public void End()
        {
            if (_pending.Length > 0)
            {
                onLine(System.Text.Encoding.UTF8.GetString(_pending.ToArray()));
                _pending.SetLength(0);
            }
        }
    }
}

/// <summary>Programs on the PATH.</summary>
internal static class Programs
{
    /// <summary>A program's full path; null when there is none of this name that may be executed.</summary>
    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(path => File.Exists(path)
            && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0));
}
