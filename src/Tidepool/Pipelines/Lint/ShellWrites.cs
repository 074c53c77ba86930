using System.Text.RegularExpressions;

namespace Tidepool.Pipelines.Lint;

/// <summary>A command of a script that makes a file.</summary>
/// <param name="Command">Its name, or <c>&gt;</c>.</param>
/// <param name="Target">The file or folder that is written.</param>
/// <param name="Sources">What is taken, for those that copy or move.</param>
/// <param name="Line">The script's line, with variables put in.</param>
internal sealed record ShellWrite(string Command, string Target, IReadOnlyList<string> Sources, string Line)
{
    public bool IsMove => Command == "mv";
}

/// <summary>Finds in a shell script, roughly, what it writes. It knows no functions, loops and here-documents.</summary>
internal static partial class ShellWrites
{
    // A longer one is data.
    private const int LongestLine = 4096;

    public static IEnumerable<ShellWrite> Of(string script)
    {
        foreach (var line in script.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n').Select(l => l.Trim()).Where(l => !l.StartsWith('#') && l.Length <= LongestLine))
        {
            foreach (var command in Separator().Split(line))
            {
                var words = Word().Matches(command).Select(m => m.Value.Trim('"', '\'')).ToList();
                foreach (var write in Redirections(command, line))
                {
                    yield return write;
                }
                words = [.. words.SkipWhile(w => w is "sudo" or "then" or "do" or "else" or "time" || Assignment().IsMatch(w))];
                if (words is [var name, ..] && OfCommand(name, [.. words.Skip(1).TakeWhile(w => !w.StartsWith('>'))], line) is { } made)
                {
                    yield return made;
                }
            }
        }
    }

    private static ShellWrite? OfCommand(string name, List<string> arguments, string line)
    {
        var plain = arguments.Where(a => !a.StartsWith('-')).ToList();
        switch (name)
        {
            case "cp" or "mv" or "install" or "rsync" when plain.Count >= 2:
                return new ShellWrite(name, plain[^1], plain[..^1], line);
            case "tar" when arguments is [var options, ..] && options.Contains('c') && !options.StartsWith("--", StringComparison.Ordinal):
                return After(arguments, a => a == "-f" || (a.TrimStart('-').EndsWith('f') && !a.StartsWith("--", StringComparison.Ordinal))) is { } archive
                    ? new ShellWrite(name, archive, [], line)
                    : null;
            case "tee" when plain is [var file, ..] && !arguments.Contains("-a"):
                return new ShellWrite(name, file, [], line);
            case "zip" when plain is [var file, ..]:
                return new ShellWrite(name, file, [], line);
            case "curl":
                return After(arguments, a => a is "-o" or "--output") is { } saved ? new ShellWrite(name, saved, [], line) : null;
            case "wget":
                return After(arguments, a => a is "-O" or "--output-document") is { } fetched ? new ShellWrite(name, fetched, [], line) : null;
            default:
                return null;
        }
    }

    private static IEnumerable<ShellWrite> Redirections(string command, string line) =>
        Redirection().Matches(command).Select(m => new ShellWrite(">", m.Groups["target"].Value.Trim('"', '\''), [], line));

    private static string? After(List<string> arguments, Predicate<string> isOption)
    {
        var at = arguments.FindIndex(isOption);
        return at >= 0 && at + 1 < arguments.Count ? arguments[at + 1] : null;
    }

    [GeneratedRegex(@"\s*(?:&&|\|\||;|\|)\s*", RegexOptions.CultureInvariant)]
    private static partial Regex Separator();

    [GeneratedRegex(@"""[^""]*""|'[^']*'|[^\s""']+", RegexOptions.CultureInvariant)]
    private static partial Regex Word();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*=", RegexOptions.CultureInvariant)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"(?<![>&0-9-])1?>\|?\s*(?<target>""[^""]+""|'[^']+'|[^\s""'&>|;]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Redirection();
}
