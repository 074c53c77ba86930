using System.ComponentModel;
using System.Diagnostics;

namespace Tidepool.Deployment.Checks;

/// <summary>One run of a program that a check asks: what it wrote and how it ended.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Errors)
{
    /// <summary>The first line that the program wrote to standard error, as a sentence.</summary>
    public string FirstError =>
        (Errors.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? $"exit code {ExitCode}") switch
        {
            [.., '.' or '?' or '!'] sentence => sentence,
            var text => $"{text}.",
        };

    /// <summary>Runs a program of the environment's PATH, without input.</summary>
    /// <returns>Null where there is no such program.</returns>
    public static async Task<ProgramRun?> OfAsync(
        string program, string[] arguments, string folder, IReadOnlyDictionary<string, string> environment, CancellationToken ct)
    {
        var file = environment.GetValueOrDefault("PATH", "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(path => Path.Combine(path, program))
            .FirstOrDefault(File.Exists);
        if (file is null)
        {
            return null;
        }

        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment.Where(pair => !IsSecret(pair.Key)))
        {
            start.Environment[name] = value;
        }

        Process? started;
        try
        {
            started = Process.Start(start);
        }
        catch (Win32Exception)
        {
            // There, and not executable.
            return null;
        }

        using var process = started!;
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(ct);
            var errors = process.StandardError.ReadToEndAsync(ct);
            await process.WaitForExitAsync(ct);
            return new(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    // No program that is asked for its version needs them.
    private static bool IsSecret(string name) => name is "AZP_TOKEN" or "AZP_CLIENT_SECRET";
}
