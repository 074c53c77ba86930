namespace Tidepool.Tests.Fargate;

/// <summary>The processes of this machine as /proc shows them.</summary>
internal static class HostProcesses
{
    /// <summary>Ids of the processes that have an argument; zombies have none.</summary>
    public static IReadOnlyList<int> WithArgument(string argument) =>
        [.. All().Where(pid => Read(pid, "cmdline").Split('\0').Contains(argument))];

    /// <summary>Ids of the processes whose arguments or environment hold a text.</summary>
    public static IReadOnlyList<int> Holding(string text) =>
        [.. All().Where(pid => Read(pid, "cmdline").Contains(text, StringComparison.Ordinal) || Read(pid, "environ").Contains(text, StringComparison.Ordinal))];

    /// <summary>Ids of a process's children, their children, and so on.</summary>
    public static IReadOnlyList<int> Descendants(int pid)
    {
        var children = Directory.GetDirectories($"/proc/{pid}/task")
            .SelectMany(thread => Read(pid, $"task/{Path.GetFileName(thread)}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(int.Parse)
            .ToArray();
        return [.. children, .. children.SelectMany(Descendants)];
    }

    /// <summary>A process in a network namespace, by what <c>/proc/PID/ns/net</c> links to.</summary>
    public static int InNetwork(string network) => All().First(pid => new FileInfo($"/proc/{pid}/ns/net").LinkTarget == network);

    /// <summary>Whether the process is there and no zombie.</summary>
    public static bool IsAlive(int pid) => Read(pid, "stat") is var stat && stat.Length > 0 && !stat.Contains(") Z ", StringComparison.Ordinal);

    public static string Read(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static IEnumerable<int> All() =>
        Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => name!.All(char.IsAsciiDigit)).Select(name => int.Parse(name!));
}
