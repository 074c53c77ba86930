using System.Diagnostics;

namespace Tidepool.Bench;

/// <summary>Wall time of the comparison of storages, and the size of what it writes.</summary>
internal static class CompareBench
{
    public static async Task<IReadOnlyList<Measurement>> RunAsync(Installed installed, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("tidepool-bench-");
        try
        {
            var page = Path.Combine(folder.FullName, "page.html");
            var cells = await TimeAsync(installed, ct, "--no-speed", "--no-pipeline");
            var whole = await TimeAsync(installed, ct, "--html", page);
            return
            [
                new("tidepool compare, 66 cells, process start to end", cells, "s", 60, AtLeast: false, "one run, --no-speed --no-pipeline"),
                new("the same with speed and the demonstration's pipeline on each storage", whole, "s", 90, AtLeast: false, "one run"),
                new("its page", new FileInfo(page).Length / 1024d, "KiB", 1024, AtLeast: false, "proofs included"),
            ];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<double> TimeAsync(Installed installed, CancellationToken ct, params string[] options)
    {
        var start = new ProcessStartInfo(installed.CommandLine, ["compare", "--runtime", "sandbox", "--quiet", .. options]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TIDEPOOL_HOME"] = installed.Root;
        var began = Stopwatch.GetTimestamp();
        using var compare = Process.Start(start)!;
        await Task.WhenAll(compare.StandardOutput.ReadToEndAsync(ct), compare.StandardError.ReadToEndAsync(ct));
        await compare.WaitForExitAsync(ct);
        return compare.ExitCode == 0
            ? Stopwatch.GetElapsedTime(began).TotalSeconds
            : throw new InvalidOperationException($"The comparison ended with {compare.ExitCode}.");
    }
}
