using System.Globalization;
using System.Runtime.InteropServices;
using Spectre.Console;
using Tidepool.Bench;
using Tidepool.Rehearsal;

if (args is not [var root])
{
    Console.Error.WriteLine("Usage: bench/run.sh");
    return 2;
}

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var installed = new Installed(root);
var ct = CancellationToken.None;
var measurements = new List<Measurement>();
await MeasureAsync("the demonstration", () => DemoBench.RunAsync(installed, ct));
await MeasureAsync("the agent's start", () => AgentBench.RunAsync(installed, ct));
var state = Directory.CreateTempSubdirectory("tidepool-bench-");
try
{
    var options = new RehearsalOptions
    {
        RepositoryFolder = root,
        AgentBinary = installed.Agent,
        ContainerTemplate = installed.ContainerTemplate,
        StateFolder = state.FullName,
        Agents = 1,
    };
    await using var environment = await RehearsalEnvironment.StartAsync(options, TimeProvider.System, new Progress<RehearsalEvent>(), ct);
    await environment.WaitForServiceAgentsAsync(1, ct);
    await MeasureAsync("jobs and steps", () => JobBench.RunAsync(environment, ct));
    await MeasureAsync("the hand-off", () => HandOffBench.RunAsync(environment, ct));
}
finally
{
    state.Delete(recursive: true);
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

AnsiConsole.Profile.Width = 240;
AnsiConsole.Write(table);
Console.WriteLine($"{Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
return measurements.All(one => one.Kept) ? 0 : 1;

async Task MeasureAsync(string what, Func<Task<IReadOnlyList<Measurement>>> measure)
{
    Console.Error.WriteLine($"measuring {what}");
    measurements.AddRange(await measure());
}
