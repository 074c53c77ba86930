using System.Text.RegularExpressions;

namespace Tidepool.Deployment;

/// <summary>
/// A Terraform variables file, read for some of its text values. Only literals count, as Terraform itself allows in such a file; all other
/// variables are stepped over, whatever they are.
/// </summary>
internal sealed partial record VariablesFile(IReadOnlyDictionary<string, SettingsEntry> Entries, bool IsThere)
{
    public static VariablesFile Read(string path, string shownPath, IReadOnlyList<string> names, List<Problem> problems)
    {
        if (SettingsFile.ReadLines(path, shownPath, problems) is not { } lines)
        {
            return new(new Dictionary<string, SettingsEntry>(), IsThere: false);
        }

        var entries = new Dictionary<string, SettingsEntry>();
        foreach (var (number, line) in TopLevel(lines))
        {
            if (Assignment().Match(line) is not { Success: true } match || !names.Contains(match.Groups["name"].Value))
            {
                continue;
            }

            var name = match.Groups["name"].Value;
            if (Literal().Match(match.Groups["value"].Value) is { Success: true } literal && !IsTemplate(literal.Groups["text"].Value))
            {
                entries[name] = new(Unescape(literal.Groups["text"].Value), number);
            }
            else if (match.Groups["value"].Value.Split('#', '/')[0].Trim() != "null")
            {
                problems.Add(new(
                    "SETTINGS007", $"{shownPath}:{number}: {name} is not a text in quotes.", $"Write it as in {name} = \"value\", without ${{ }}."));
            }
        }

        return new(entries, IsThere: true);
    }

    private static bool IsTemplate(string text) => Template().IsMatch(text);

    private static string Unescape(string text) => Escape().Replace(text, match => match.Value switch
    {
        @"\n" => "\n",
        @"\t" => "\t",
        @"\r" => "\r",
        "$${" => "${",
        "%%{" => "%{",
        var escaped => escaped[1..],
    });

    /// <summary>The lines that begin outside of brackets, comments and here-documents.</summary>
    private static IEnumerable<(int Number, string Line)> TopLevel(string[] lines)
    {
        var depth = 0;
        var inComment = false;
        string? endOfText = null;
        foreach (var (index, line) in lines.Index())
        {
            if (endOfText is not null)
            {
                endOfText = line.Trim() == endOfText ? null : endOfText;
                continue;
            }

            if (depth == 0 && !inComment)
            {
                yield return (index + 1, line);
            }

            foreach (Match token in Token().Matches(line))
            {
                var text = token.Value;
                if (inComment)
                {
                    inComment = text != "*/";
                }
                else if (text is ['#', ..] or ['/', '/', ..])
                {
                    break;
                }
                else if (text.StartsWith("<<", StringComparison.Ordinal))
                {
                    endOfText = text.TrimStart('<', '-');
                }
                else if (text == "/*")
                {
                    inComment = true;
                }
                else if (text is "{" or "[" or "(")
                {
                    depth++;
                }
                else if (text is "}" or "]" or ")")
                {
                    depth = Math.Max(0, depth - 1);
                }
            }
        }
    }

    [GeneratedRegex(@"^\s*(?<name>[A-Za-z_][\w-]*)\s*=(?!=)\s*(?<value>.*)$")]
    private static partial Regex Assignment();

    [GeneratedRegex("""^"(?<text>(?:[^"\\]|\\.)*)"\s*(?:#.*|//.*|/\*.*)?$""")]
    private static partial Regex Literal();

    [GeneratedRegex(@"(?<!\$)\$\{|(?<!%)%\{")]
    private static partial Regex Template();

    [GeneratedRegex(@"\\.|\$\$\{|%%\{")]
    private static partial Regex Escape();

    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"|/\*|\*/|//|\#|<<-?\w+|[{}\[\]()]
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Token();
}
