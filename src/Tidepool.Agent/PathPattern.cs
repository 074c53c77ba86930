namespace Tidepool.Agent;

/// <summary>
/// A pattern for paths: <c>*</c> and <c>?</c> within a name, <c>[abc]</c>, <c>{one,two}</c>, and <c>**</c> for any number of folders. Names
/// that begin with a dot match like others. A pattern that begins with <c>!</c> means all that the rest does not match.
/// </summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/tasks/file-matching-patterns</remarks>
internal sealed class PathPattern
{
    private readonly bool _ignoreCase;
    private readonly string[][] _alternatives;

    public PathPattern(string pattern, bool ignoreCase = false)
    {
        _ignoreCase = ignoreCase;
        IsNegated = pattern.StartsWith('!');
        _alternatives = [.. Expand(IsNegated ? pattern[1..] : pattern).Select(one => one.Trim('/').Split('/'))];
    }

    public bool IsNegated { get; }

    /// <summary>Whether the pattern holds for a path with slashes; a negated one holds where its rest does not match.</summary>
    public bool Matches(string path) => MatchesPlain(path) != IsNegated;

    /// <summary>Whether a list of patterns leaves a path: each adds what it matches, a negated one takes away.</summary>
    /// <param name="names">The path, and other names for it; a pattern matches where it matches one of them.</param>
    public static bool Selects(IReadOnlyList<PathPattern> patterns, params IReadOnlyList<string> names)
    {
        var selected = false;
        foreach (var pattern in patterns)
        {
            if (names.Any(pattern.MatchesPlain))
            {
                selected = !pattern.IsNegated;
            }
        }
        return selected;
    }

    /// <summary>One pattern a line.</summary>
    public static IReadOnlyList<PathPattern> Lines(string text) =>
        [.. text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(line => new PathPattern(line))];

    private bool MatchesPlain(string path)
    {
        var names = path.Trim('/').Split('/');
        return _alternatives.Any(pattern => MatchesFrom(pattern, 0, names, 0));
    }

    private bool MatchesFrom(string[] pattern, int at, string[] names, int name)
    {
        if (at == pattern.Length)
        {
            return name == names.Length;
        }
        if (pattern[at] == "**")
        {
            // At the end it needs something to match, as "a/**" does not mean "a" itself.
            var least = at == pattern.Length - 1 ? name + 1 : name;
            for (var next = least; next <= names.Length; next++)
            {
                if (MatchesFrom(pattern, at + 1, names, next))
                {
                    return true;
                }
            }
            return false;
        }
        return name < names.Length && MatchesName(pattern[at], names[name]) && MatchesFrom(pattern, at + 1, names, name + 1);
    }

    /// <summary>One name. Goes back to the last star at most, so no pattern takes long.</summary>
    private bool MatchesName(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        var (p, n, star, starAt) = (0, 0, -1, 0);
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, starAt) = (p++, n);
            }
            else if (p < pattern.Length && MatchesOne(pattern[p..], name[n], out var length))
            {
                (p, n) = (p + length, n + 1);
            }
            else if (star >= 0)
            {
                (p, n) = (star + 1, ++starAt);
            }
            else
            {
                return false;
            }
        }
        return pattern[p..].TrimStart('*').IsEmpty;
    }

    /// <param name="length">Characters of the pattern that stand for the one.</param>
    private bool MatchesOne(ReadOnlySpan<char> pattern, char one, out int length)
    {
        length = 1;
        var end = pattern[0] == '[' ? pattern.IndexOf(']') : -1;
        if (end <= 1)
        {
            return pattern[0] == '?' || Same(pattern[0], one);
        }
        length = end + 1;
        var set = pattern[1..end];
        var negated = set[0] is '!' or '^';
        var found = false;
        for (var i = negated ? 1 : 0; i < set.Length; i++)
        {
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                found |= one >= set[i] && one <= set[i + 2];
                i += 2;
            }
            else
            {
                found |= Same(set[i], one);
            }
        }
        return found != negated;
    }

    private bool Same(char one, char other) => one == other || (_ignoreCase && char.ToUpperInvariant(one) == char.ToUpperInvariant(other));

    /// <summary>Writes out the first <c>{one,two}</c>, and so all; braces without a comma or an end are text.</summary>
    private static IEnumerable<string> Expand(string pattern)
    {
        for (var open = pattern.IndexOf('{', StringComparison.Ordinal); open >= 0; open = pattern.IndexOf('{', open + 1))
        {
            var parts = new List<string>();
            var (depth, from) = (0, open + 1);
            for (var i = open; i < pattern.Length; i++)
            {
                depth += pattern[i] switch { '{' => 1, '}' => -1, _ => 0 };
                if (depth == 0 || (depth == 1 && pattern[i] == ','))
                {
                    parts.Add(pattern[from..i]);
                    from = i + 1;
                }
                if (depth == 0)
                {
                    if (parts.Count > 1)
                    {
                        var (before, after) = (pattern[..open], pattern[from..]);
                        return parts.SelectMany(part => Expand($"{before}{part}{after}"));
                    }
                    break;
                }
            }
        }
        return [pattern];
    }
}
