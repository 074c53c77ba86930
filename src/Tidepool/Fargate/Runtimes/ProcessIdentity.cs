using System.Globalization;

namespace Tidepool.Fargate.Runtimes;

/// <summary>A process that is told from a later one with the same id by when it started.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="StartTicks">Start in clock ticks since boot.</param>
internal sealed record ProcessIdentity(int Pid, long StartTicks)
{
    /// <summary>Id of this boot; process ids and start times mean nothing in another.</summary>
    public static string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>The process that has the id now; null when there is none.</summary>
    public static ProcessIdentity? Of(int pid)
    {
        try
        {
            // The command's name, in parentheses, may hold anything; the fields that count come after the last one.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : new(pid, long.Parse(fields[19], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The children of a process.</summary>
    public static IReadOnlyList<int> ChildrenOf(int pid)
    {
        try
        {
            return
            [
                .. Directory.GetDirectories($"/proc/{pid}/task")
                    .SelectMany(thread => File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    .Select(child => int.Parse(child, CultureInfo.InvariantCulture)),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Whether this very process still is there.</summary>
    public bool IsAlive => Of(Pid) == this;

    /// <summary>Signals this very process; false when it is gone.</summary>
    public bool Signal(int signal) => IsAlive && LinuxCalls.Signal(Pid, signal);
}
