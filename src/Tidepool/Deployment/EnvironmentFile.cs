using System.Text.RegularExpressions;
using dotenv.net;

namespace Tidepool.Deployment;

/// <summary>The file <c>.env</c>: values as dotenv.net reads them, and the line of each.</summary>
internal sealed partial record EnvironmentFile(IReadOnlyDictionary<string, SettingsEntry> Entries, bool IsThere)
{
    public const string Name = ".env";

    /// <summary>Reads the file; a file that is not there has no entries and is no problem by itself.</summary>
    public static EnvironmentFile Read(string path, List<Problem> problems)
    {
        if (SettingsFile.ReadLines(path, Name, problems) is not { } lines)
        {
            return new(new Dictionary<string, SettingsEntry>(), IsThere: false);
        }

        var at = Places(lines, problems);
        // Only a file without faults: the library names the first one, without its line.
        var values = at is null or { Count: 0 }
            ? new Dictionary<string, string>()
            : DotEnv.Read(new DotEnvOptions(ignoreExceptions: false, envFilePaths: [path]));
        return new(
            values.Where(pair => at!.ContainsKey(pair.Key)).ToDictionary(pair => pair.Key, pair => new SettingsEntry(pair.Value, at![pair.Key])),
            IsThere: true);
    }

    /// <returns>The line of each name; null where a line has a fault. A fault never quotes its line, which may hold the token.</returns>
    private static Dictionary<string, int>? Places(string[] lines, List<Problem> problems)
    {
        var at = new Dictionary<string, int>();
        var before = problems.Count;
        foreach (var (index, line) in lines.Index())
        {
            var place = $"{Name}:{index + 1}";
            if (line.AsSpan().Trim() is [] or ['#', ..])
            {
                continue;
            }

            if (Assignment().Match(line) is not { Success: true } match)
            {
                problems.Add(new("SETTINGS002", $"{place}: this line is no NAME=value.", "Write one setting a line; begin comments with #."));
            }
            else if (match.Groups["value"].Value is ['"' or '\'', ..] and var quoted && quoted.IndexOf(quoted[0], 1) < 0)
            {
                problems.Add(new(
                    "SETTINGS002", $"{place}: the value of {match.Groups["name"].Value} has no closing quote.", "Close the quote on the same line."));
            }
            else if (!at.TryAdd(match.Groups["name"].Value, index + 1))
            {
                problems.Add(new(
                    "SETTINGS002",
                    $"{place}: {match.Groups["name"].Value} is set again, after line {at[match.Groups["name"].Value]}.",
                    "Keep one of the two."));
            }
        }

        return problems.Count == before ? at : null;
    }

    [GeneratedRegex(@"^\s*(?<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?<value>.*)$")]
    private static partial Regex Assignment();
}
