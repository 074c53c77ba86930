using Tidepool.Agent.Posix;

namespace Tidepool.Agent.Supervision;

/// <summary>
/// The listener's update of itself: it downloads the version that the organization wants, starts a script and ends. The script waits
/// until the listener is gone, puts the new version in its place and ends.
/// </summary>
/// <remarks>Source: https://github.com/microsoft/azure-pipelines-agent, src/Agent.Listener/SelfUpdater.cs and src/Misc/layoutbin/update.sh.template</remarks>
internal static class SelfUpdate
{
    /// <summary>How long the script may take. It moves two folders and waits some seconds; Microsoft's run-docker.sh gives it 20 s.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>File name of the script, in the work folder.</summary>
    public const string Script = "_update.sh";

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits until the script has ended and the listener is there again.</summary>
    /// <exception cref="AgentException">It did not end in time, or left no listener.</exception>
    public static async Task WaitAsync(AgentFolder folder, TimeProvider clock, CancellationToken ct)
    {
        var start = clock.GetTimestamp();
        while (IsRunning())
        {
            if (clock.GetElapsedTime(start) > Limit)
            {
                throw new AgentException(
                    "AGENT016",
                    $"The agent's update of itself did not end within {Limit.TotalSeconds:0} s.",
                    $"Read _diag/SelfUpdate-*.log in {folder.Root}; build the image with the version that the organization serves.");
            }
            await Task.Delay(LookAgain, clock, ct);
        }
        if (!folder.HasListener)
        {
            throw new AgentException(
                "AGENT016",
                $"The agent's update of itself left no {AgentFolder.Listener} in {folder.Root}.",
                "Make that folder writable for the agent's user; build the image with the version that the organization serves.");
        }
    }

    private static bool IsRunning() => ProcessTable.DescendantsOf(Environment.ProcessId, ProcessTable.Read())
        .Any(process => ProcessTable.Arguments(process.Id).Any(argument => Path.GetFileName(argument) == Script));
}
