using System.Text.Json.Nodes;

namespace Tidepool.Cli.Tests;

/// <summary>One whole comparison of storages that several tests look at.</summary>
public sealed class ComparisonRun : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly Scratch _scratch = new();

    internal Outcome Outcome { get; private set; } = new(-1, "", "");

    internal JsonNode Report { get; private set; } = new JsonObject();

    internal string Page => Path.Combine(_scratch.Folder, "page.html");

    internal string Json => Path.Combine(_scratch.Folder, "report.json");

    internal string Markdown => Path.Combine(_scratch.Folder, "comparison.md");

    internal string[] Left { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        await using var process = TidepoolProcess.Start(_scratch, "compare", "--runtime", "sandbox", "--json", Json, "--html", Page, "--markdown", Markdown);
        Outcome = await process.EndAsync(Limit);
        Report = File.Exists(Json) ? JsonNode.Parse(await File.ReadAllTextAsync(Json))! : new JsonObject();
        Left = _scratch.Environments;
    }

    public ValueTask DisposeAsync()
    {
        _scratch.Dispose();
        return ValueTask.CompletedTask;
    }
}
