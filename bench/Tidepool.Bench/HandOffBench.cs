using System.Diagnostics;
using System.Globalization;
using Tidepool.AzurePipelines;
using Tidepool.Rehearsal;

namespace Tidepool.Bench;

/// <summary>1 GiB through the shared volume inside a container, against the same copy of the same file outside of any.</summary>
internal static class HandOffBench
{
    private const int Rounds = 5;

    // The copy is on the disk, not only in memory, when the clock stops.
    private const string Copy = "cp hand-off.bin copy.bin && sync -f copy.bin";

    public static async Task<IReadOnlyList<Measurement>> RunAsync(RehearsalEnvironment environment, CancellationToken ct)
    {
        var task = (await environment.WaitForServiceTasksAsync(1, [], ct))[0];
        var volume = environment.Fargate.DescribeVolumes(task)[0].HostPath;
        await JobBench.EventsAsync(environment, "steps:\n- checkout: none\n- script: head -c 1073741824 /dev/urandom > /shared-storage/hand-off.bin && sync\n", ct);
        var (inside, outside) = (new List<double>(), new List<double>());
        for (var i = 0; i < Rounds; i++)
        {
            inside.Add(await InsideAsync(environment, ct));
            outside.Add(await OutsideAsync(volume, ct));
        }

        var ratio = Middle(outside) / Middle(inside);
        return
        [
            new(
                "hand-off of 1 GiB: speed inside a container over the same cp outside",
                ratio, "×", 0.9, AtLeast: true,
                string.Create(CultureInfo.InvariantCulture, $"medians of {Rounds} each: {Middle(inside):0.00} s inside, {Middle(outside):0.00} s outside")),
        ];
    }

    private static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static async Task<double> InsideAsync(RehearsalEnvironment environment, CancellationToken ct)
    {
        var yaml = $"steps:\n- checkout: none\n- bash: |\n    cd /shared-storage; rm -f copy.bin; sync\n    began=$(date +%s%N); {Copy}; echo \"nanoseconds $(($(date +%s%N) - began))\"\n";
        var line = (await JobBench.EventsAsync(environment, yaml, ct)).OfType<LogLine>().First(one => one.Text.StartsWith("nanoseconds ", StringComparison.Ordinal));
        return double.Parse(line.Text["nanoseconds ".Length..], CultureInfo.InvariantCulture) / 1e9;
    }

    private static async Task<double> OutsideAsync(string volume, CancellationToken ct)
    {
        var script = $"cd '{volume}'; rm -f copy.bin; sync; began=$(date +%s%N); {Copy}; echo $(($(date +%s%N) - began))";
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true })!;
        var output = await bash.StandardOutput.ReadToEndAsync(ct);
        await bash.WaitForExitAsync(ct);
        return double.Parse(output, CultureInfo.InvariantCulture) / 1e9;
    }
}
