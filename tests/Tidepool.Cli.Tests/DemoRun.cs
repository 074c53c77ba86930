using System.Text.Json;

namespace Tidepool.Cli.Tests;

/// <summary>One run of the whole demonstration that several tests look at.</summary>
public sealed class DemoRun : IAsyncLifetime
{
    private readonly Scratch _scratch = new();

    internal Outcome Outcome { get; private set; } = new(-1, "", "");

    internal JsonElement Report { get; private set; }

    internal string[] Left { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        var report = Path.Combine(_scratch.Folder, "report.json");
        Outcome = await TidepoolProcess.RunAsync(_scratch, "demo", "--json", report);
        Report = File.Exists(report) ? JsonDocument.Parse(await File.ReadAllTextAsync(report)).RootElement : default;
        Left = _scratch.Environments;
    }

    public ValueTask DisposeAsync()
    {
        _scratch.Dispose();
        return ValueTask.CompletedTask;
    }

    internal JsonElement Scenario(string name) =>
        Report.GetProperty("scenarios").EnumerateArray().Single(scenario => scenario.GetProperty("name").GetString() == name);

    internal JsonElement Job(string scenario, string stage) => Scenario(scenario).GetProperty("run").GetProperty("stages").EnumerateArray()
        .Single(candidate => candidate.GetProperty("name").GetString() == stage).GetProperty("jobs")[0];
}
