using System.Text;
using System.Text.RegularExpressions;

namespace Tidepool.Deployment.Images;

/// <summary>The rules of a <c>.dockerignore</c> file: which files the engine is sent.</summary>
/// <remarks>Source: https://docs.docker.com/build/concepts/context/#dockerignore-files (the last rule that matches decides)</remarks>
internal sealed class DockerIgnore
{
    private readonly (Regex Pattern, bool Sent)[] _rules;

    private DockerIgnore((Regex, bool)[] rules) => _rules = rules;

    public static DockerIgnore Parse(IEnumerable<string> lines) => new(
        [.. lines.Select(line => line.Trim())
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line[0] == '!' ? (ToPattern(line[1..]), true) : (ToPattern(line), false))]);

    /// <summary>Whether the engine is sent a file.</summary>
    /// <param name="path">Path from the context's root, with slashes.</param>
    public bool Sends(string path)
    {
        var sent = true;
        foreach (var (pattern, sends) in _rules)
        {
            if (sent != sends && pattern.IsMatch(path))
            {
                sent = sends;
            }
        }

        return sent;
    }

    /// <summary>A rule for a folder is one for all that is in it.</summary>
    private static Regex ToPattern(string rule)
    {
        var text = rule.Trim().Trim('/');
        var pattern = new StringBuilder("^");
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '*' when i + 1 < text.Length && text[i + 1] == '*':
                    i++;
                    if (i + 1 < text.Length && text[i + 1] == '/')
                    {
                        i++;
                        pattern.Append("(.*/)?");
                    }
                    else
                    {
                        pattern.Append(".*");
                    }

                    break;
                case '*':
                    pattern.Append("[^/]*");
                    break;
                case '?':
                    pattern.Append("[^/]");
                    break;
                case '[' when text.IndexOf(']', i) is > 0 and var end:
                    pattern.Append(text, i, end - i + 1);
                    i = end;
                    break;
                case '\\' when i + 1 < text.Length:
                    pattern.Append(Regex.Escape(text[++i].ToString()));
                    break;
                default:
                    pattern.Append(Regex.Escape(text[i].ToString()));
                    break;
            }
        }

        return new Regex(pattern.Append("(/.*)?$").ToString(), RegexOptions.CultureInvariant);
    }
}
