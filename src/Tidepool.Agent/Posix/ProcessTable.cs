using System.Globalization;
using System.Text;

namespace Tidepool.Agent.Posix;

/// <summary>One process at one instant.</summary>
/// <param name="Session">Id of the session's leader.</param>
internal sealed record ProcessEntry(int Id, int ParentId, int Session, string Name);

/// <summary>Looks at /proc.</summary>
internal static class ProcessTable
{
    /// <summary>All processes that can be seen, zombies left out.</summary>
    public static IReadOnlyList<ProcessEntry> Read() =>
        [.. Directory.EnumerateDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(name => Parse(ReadText($"/proc/{name}/stat")))
            .OfType<ProcessEntry>()];

    /// <summary>Every process that descends from <paramref name="ancestor"/>.</summary>
    public static IEnumerable<ProcessEntry> DescendantsOf(int ancestor, IReadOnlyList<ProcessEntry> all)
    {
        var known = new HashSet<int> { ancestor };
        var found = new List<ProcessEntry>();
        int before;
        do
        {
            before = known.Count;
            found.AddRange(all.Where(process => known.Contains(process.ParentId) && known.Add(process.Id)));
        }
        while (known.Count > before);
        return found;
    }

    /// <summary>Whether the environment a process was started with holds <paramref name="entry"/>, a whole <c>NAME=value</c>.</summary>
    public static bool WasStartedWith(int id, string entry) => ReadText($"/proc/{id}/environ").Split('\0').Contains(entry);

    /// <summary>A process's arguments; empty where it is gone.</summary>
    public static IReadOnlyList<string> Arguments(int id) => ReadText($"/proc/{id}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Reads a line of /proc/PID/stat. The name may hold spaces and brackets, so all is counted from the last one.</summary>
    internal static ProcessEntry? Parse(string stat)
    {
        var (open, close) = (stat.IndexOf('('), stat.LastIndexOf(')'));
        if (open < 0 || close < open)
        {
            return null;
        }
        var fields = stat[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields[0] is "Z" or "X"
            ? null
            : new(
                int.Parse(stat[..open], CultureInfo.InvariantCulture),
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                int.Parse(fields[3], CultureInfo.InvariantCulture),
                stat[(open + 1)..close]);
    }

    /// <summary>Empty where the process is gone or is another user's.</summary>
    private static string ReadText(string path)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
