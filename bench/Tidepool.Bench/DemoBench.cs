using System.Diagnostics;

namespace Tidepool.Bench;

/// <summary>Wall time of the whole demonstration.</summary>
internal static class DemoBench
{
    private const int Runs = 5;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(Installed installed, CancellationToken ct)
    {
        var seconds = new List<double>();
        for (var i = 0; i < Runs; i++)
        {
            var start = new ProcessStartInfo(installed.CommandLine, ["demo", "--quiet"]) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["TIDEPOOL_HOME"] = installed.Root;
            var began = Stopwatch.GetTimestamp();
            using var demo = Process.Start(start)!;
            await Task.WhenAll(demo.StandardOutput.ReadToEndAsync(ct), demo.StandardError.ReadToEndAsync(ct));
            await demo.WaitForExitAsync(ct);
            seconds.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            if (demo.ExitCode != 0)
            {
                throw new InvalidOperationException($"The demonstration ended with {demo.ExitCode}.");
            }
        }

        return [Measurement.Median("tidepool demo, four scenarios, process start to end", seconds, "s", 5, "runs")];
    }
}
