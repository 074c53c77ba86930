using Tidepool;

namespace Tidepool.Cli;

/// <summary>Where the parts of this build are: everything lies in the clone that <c>./tidepool</c> built.</summary>
internal static class Installation
{
    /// <summary>The clone's root: <c>TIDEPOOL_HOME</c>, which <c>./tidepool</c> sets, or the folder above this program that holds the solution.</summary>
    public static string Root => Environment.GetEnvironmentVariable("TIDEPOOL_HOME") is { Length: > 0 } home
        ? home
        : Above(AppContext.BaseDirectory)
            ?? throw new ProblemException(
                "CLI004", $"{AppContext.BaseDirectory} is not inside a clone of Tidepool.", "Run ./tidepool in the clone, or set TIDEPOOL_HOME to it.");

    /// <summary>The built-in agent: <c>TIDEPOOL_AGENT_BINARY</c>, or what <c>./tidepool</c> published.</summary>
    public static string AgentBinary =>
        Environment.GetEnvironmentVariable("TIDEPOOL_AGENT_BINARY") is { Length: > 0 } binary
            ? Path.GetFullPath(binary)
            : Path.Combine(Root, "artifacts", "agent", "tidepool-agent");

    public static string ContainerTemplate => Path.Combine(Root, "terraform", "agent-container.json.tftpl");

    private static string? Above(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Tidepool.slnx")))
            {
                return at.FullName;
            }
        }

        return null;
    }
}
