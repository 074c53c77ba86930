using System.Diagnostics;
using System.Globalization;

namespace Tidepool.Cli.Tests;

/// <summary>A process, told apart from a later one of the same number by its start.</summary>
internal sealed record ProcessEntry(int Id, int Parent, string Name, string CommandLine, string StartedAt);

/// <summary>The machine's processes, from <c>/proc</c>.</summary>
internal static class Processes
{
    /// <summary>All descendants of a process.</summary>
    public static IReadOnlyList<ProcessEntry> Below(int id)
    {
        var all = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) ? Find(pid) : null)
            .OfType<ProcessEntry>()
            .ToArray();
        var below = new List<ProcessEntry>();
        var parents = new HashSet<int> { id };
        while (all.Except(below).Where(process => parents.Contains(process.Parent)).ToArray() is { Length: > 0 } children)
        {
            below.AddRange(children);
            parents.UnionWith(children.Select(child => child.Id));
        }

        return below;
    }

    public static bool IsAlive(ProcessEntry process) => Find(process.Id) is { } now && now.StartedAt == process.StartedAt;

    public static void Kill(ProcessEntry process)
    {
        using var killed = Process.GetProcessById(process.Id);
        killed.Kill();
    }

    private static ProcessEntry? Find(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var end = stat.LastIndexOf(')');
            var fields = stat[(end + 2)..].Split(' ');
            var name = stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..end];
            var commandLine = File.ReadAllText($"/proc/{id}/cmdline").Replace('\0', ' ');

            // A zombie is no process any more, only a name on a list.
            return fields[0] == "Z" ? null : new ProcessEntry(id, int.Parse(fields[1], CultureInfo.InvariantCulture), name, commandLine, fields[19]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
