using System.Globalization;
using System.Runtime.InteropServices;
using Spectre.Console;
using Tidepool.Bench;
using Tidepool.Rehearsal;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var ct = CancellationToken.None;
double? asked = null;
if (args is [var home, "--seconds", var text, .. var rest] && double.TryParse(text, out var wanted))
{
    (asked, args) = (wanted, [home, .. rest]);
}

var benches = new (string Name, Func<Installed, Task<IReadOnlyList<Measurement>>> RunAsync)[]
{
    ("demo", installed => DemoBench.RunAsync(installed, ct)),
    ("agent", installed => AgentBench.RunAsync(installed, ct)),
    ("lines", installed => LinesBench.RunAsync(installed, ct)),
    ("jobs", JobsAsync),
    ("endpoint", installed => EndpointBench.RunAsync(installed, ct)),
    ("tasks", installed => TaskBench.RunAsync(installed, ct)),
    ("many", installed => ManyTasksBench.RunAsync(installed, ct)),
    ("pool", installed => PoolBench.RunAsync(installed, ct)),
    ("runs", installed => RunsBench.RunAsync(installed, ct)),
    ("compare", installed => CompareBench.RunAsync(installed, ct)),
    ("expand", _ => Task.FromResult(ExpandBench.Run())),
    ("fuzz", installed => FuzzBench.RunAsync(installed, FuzzTime())),
    ("requests", installed => RequestFuzzBench.RunAsync(installed, FuzzTime(), ct)),
    ("engine", installed => TaskBench.RunInEngineAsync(installed, ct)),
};
if (args is not [var root, .. var names] || names.Except(benches.Select(bench => bench.Name)).Any())
{
    Console.Error.WriteLine($"Usage: bench/run.sh [--seconds N] [{string.Join('|', benches.Select(bench => bench.Name))}]...");
    return 2;
}

var measurements = new List<Measurement>();
foreach (var (name, runAsync) in benches.Where(bench => names.Length == 0 || names.Contains(bench.Name)))
{
    Console.Error.WriteLine($"measuring {name}");
    measurements.AddRange(await runAsync(new(root)));
}

var table = new Table().Border(TableBorder.Markdown).AddColumns("measured", "value", "limit", "", "how");
foreach (var one in measurements)
{
    table.AddRow(
        Markup.Escape(one.What),
        $"{one.Value:0.##} {one.Unit}",
        $"{(one.AtLeast ? "≥" : "≤")} {one.Limit:0.##} {one.Unit}",
        one.Kept ? "kept" : "MISSED",
        Markup.Escape(one.How));
}

AnsiConsole.Profile.Width = 300;
AnsiConsole.Write(table);
Console.WriteLine($"{Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
return measurements.All(one => one.Kept) ? 0 : 1;

TimeSpan FuzzTime() =>
    TimeSpan.FromSeconds(asked ?? (double.TryParse(Environment.GetEnvironmentVariable("TIDEPOOL_FUZZ_SECONDS"), out var seconds) ? seconds : 10));

async Task<IReadOnlyList<Measurement>> JobsAsync(Installed installed)
{
    var state = Directory.CreateTempSubdirectory("tidepool-bench-");
    try
    {
        var options = new RehearsalOptions
        {
            RepositoryFolder = installed.Root,
            AgentBinary = installed.Agent,
            ContainerTemplate = installed.ContainerTemplate,
            StateFolder = state.FullName,
            Agents = 1,
        };
        await using var environment = await RehearsalEnvironment.StartAsync(options, TimeProvider.System, new Progress<RehearsalEvent>(), ct);
        await environment.WaitForServiceAgentsAsync(1, ct);
        return [.. await JobBench.RunAsync(environment, ct), .. await HandOffBench.RunAsync(environment, ct)];
    }
    finally
    {
        state.Delete(recursive: true);
    }
}
