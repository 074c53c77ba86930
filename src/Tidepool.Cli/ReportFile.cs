using Tidepool.Rehearsal;

namespace Tidepool.Cli;

/// <summary>Where a JSON report goes: a file, or standard output for <c>-</c>.</summary>
internal sealed class ReportFile
{
    private readonly string? _path;

    private ReportFile(string? path) => _path = path;

    /// <summary>Standard output belongs to the report, so that nothing else may be written there.</summary>
    public bool IsStandardOutput => _path is null;

    /// <exception cref="ProblemException">The folder does not exist, or the path is one.</exception>
    public static ReportFile Of(string path)
    {
        if (path == "-")
        {
            return new ReportFile(null);
        }

        var full = Path.GetFullPath(path);
        if (Directory.Exists(full) || !Directory.Exists(Path.GetDirectoryName(full)))
        {
            throw new ProblemException("CLI002", $"The report cannot be written to {full}.", "Name a file in a folder that exists, or - for standard output.");
        }

        return new ReportFile(full);
    }

    /// <summary>
    /// Writes the report. A new file is written aside and renamed, so that no reader sees half of it; what is there already may be a device, a
    /// pipe or a link, and is written to as it is.
    /// </summary>
    public Task WriteAsync(RehearsalReport report, CancellationToken ct) => WriteAsync(report.ToJson(), ct);

    /// <summary>Writes a report that is text already; it ends with one line end.</summary>
    public async Task WriteAsync(string report, CancellationToken ct)
    {
        var json = report.TrimEnd('\n');
        if (_path is null)
        {
            await Console.Out.WriteLineAsync(json.AsMemory(), ct);
            return;
        }

        var aside = $"{_path}.{Environment.ProcessId}.partial";
        try
        {
            if (File.Exists(_path))
            {
                await File.WriteAllTextAsync(_path, json + Environment.NewLine, ct);
                return;
            }

            await File.WriteAllTextAsync(aside, json + Environment.NewLine, ct);
            File.Move(aside, _path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(aside);
            throw new ProblemException("CLI003", $"The report could not be written to {_path}: {e.Message}", "Make room or name another file.");
        }
    }
}
