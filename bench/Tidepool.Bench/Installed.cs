namespace Tidepool.Bench;

/// <summary>What <c>./tidepool</c> built.</summary>
internal sealed record Installed(string Root)
{
    /// <summary>What users call.</summary>
    public string Script => Path.Combine(Root, "tidepool");

    public string CommandLine => Path.Combine(Root, "artifacts", "cli", "Tidepool.Cli");

    public string Agent => Path.Combine(Root, "artifacts", "agent", "tidepool-agent");

    public string ContainerTemplate => Path.Combine(Root, "terraform", "agent-container.json.tftpl");
}
