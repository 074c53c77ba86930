using System.Diagnostics;

namespace Tidepool.Deployment.Tools;

/// <summary>What a tool of the user's is told: all that the user's shell tells it, but for the secrets of the agents.</summary>
internal static class ToolEnvironment
{
    /// <summary>Takes the agents' settings and Tidepool's own out of a tool's environment, the token among them.</summary>
    public static void WithoutSecrets(ProcessStartInfo start)
    {
        foreach (var name in start.Environment.Keys.Where(IsOurs).ToList())
        {
            start.Environment.Remove(name);
        }
    }

    private static bool IsOurs(string name) =>
        name.StartsWith("AZP_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("TIDEPOOL_", StringComparison.OrdinalIgnoreCase);
}
