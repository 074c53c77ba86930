using System.ComponentModel;
using System.Diagnostics;

namespace Tidepool.AzurePipelines.Repositories;

/// <summary>What git answered.</summary>
internal sealed record GitAnswer(int ExitCode, string Output, string Errors);

/// <summary>Runs the user's git with a clean environment: none of the caller's GIT_ variables, nor its tokens, and no prompt.</summary>
internal static class GitProcess
{
    // What git needs to find itself and the user's settings.
    private static readonly HashSet<string> Kept = ["PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "USER", "LOGNAME"];

    public static ProcessStartInfo Command(IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("git", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => !Kept.Contains(name)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["GIT_OPTIONAL_LOCKS"] = "0";
        start.Environment["LC_ALL"] = "C.UTF-8";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    /// <exception cref="ProblemException">SERVICE003: there is no git.</exception>
    public static Process Start(ProcessStartInfo command)
    {
        try
        {
            return Process.Start(command)!;
        }
        catch (Win32Exception)
        {
            throw new ProblemException("SERVICE003", "git was not found on the PATH.", "Install git.");
        }
    }

    public static async Task<GitAnswer> RunAsync(
        IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments, string? input, CancellationToken ct)
    {
        using var process = Start(Command(environment, arguments));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(ct);
            var errors = process.StandardError.ReadToEndAsync(ct);
            await process.StandardInput.WriteAsync(input.AsMemory(), ct);
            process.StandardInput.Close();
            await process.WaitForExitAsync(ct);
            return new(process.ExitCode, await output, (await errors).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
