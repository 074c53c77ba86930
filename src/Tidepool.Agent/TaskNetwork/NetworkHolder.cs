using System.Net;
using System.Net.Sockets;

namespace Tidepool.Agent.TaskNetwork;

/// <summary>
/// Holds the network namespace that the containers of one task share, where a container engine runs them. Carries connections
/// to the machine's side over Unix sockets, so that a container reaches what it must and nothing else there.
/// </summary>
internal static class NetworkHolder
{
    /// <summary>What is printed once everything listens.</summary>
    public const string Ready = "ready";

    /// <summary>Listens until the process is killed.</summary>
    public static async Task RunAsync(IReadOnlyList<Forward> forwards)
    {
        try
        {
            var added = 0;
            foreach (var address in forwards.Select(forward => forward.Listen.Address).Where(address => !IPAddress.IsLoopback(address)).Distinct())
            {
                LoopbackAddress.Add(address, added++);
            }

            foreach (var forward in forwards)
            {
                forward.Start();
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new AgentException("ENGINE008", $"The task's network cannot be set up: {e.Message}", "Let the engine give this container NET_ADMIN.");
        }

        Console.Out.WriteLine(Ready);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
    }

    /// <summary>Removes all that is in folders, whoever owns it, and keeps the folders.</summary>
    /// <exception cref="IOException">Something cannot be removed.</exception>
    public static void Empty(IReadOnlyList<string> folders)
    {
        foreach (var entry in folders.SelectMany(folder => new DirectoryInfo(folder).GetFileSystemInfos()))
        {
            if (entry is DirectoryInfo { LinkTarget: null } folder)
            {
                folder.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }
    }
}
