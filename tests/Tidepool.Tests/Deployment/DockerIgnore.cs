using System.Text.RegularExpressions;

namespace Tidepool.Tests.Deployment;

/// <summary>What of a context reaches the builder. The last pattern that matches a path or a folder above it decides.</summary>
/// <remarks>Source: https://docs.docker.com/build/concepts/context/#dockerignore-files</remarks>
internal sealed class DockerIgnore(string text)
{
    private readonly (bool Kept, Regex Pattern)[] _rules =
    [
        .. text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => (line[0] == '!', ToRegex(line.TrimStart('!').Trim('/')))),
    ];

    public bool Ignores(string path)
    {
        var parts = path.Split('/');
        var paths = Enumerable.Range(1, parts.Length).Select(count => string.Join('/', parts[..count])).ToArray();
        return !_rules.LastOrDefault(rule => paths.Any(rule.Pattern.IsMatch), (Kept: true, null!)).Kept;
    }

    private static Regex ToRegex(string pattern)
    {
        var expression = Regex.Escape(pattern)
            .Replace(@"\*\*/", "(.*/)?", StringComparison.Ordinal)
            .Replace(@"\*\*", ".*", StringComparison.Ordinal)
            .Replace(@"\*", "[^/]*", StringComparison.Ordinal)
            .Replace(@"\?", "[^/]", StringComparison.Ordinal);
        return new($"^{expression}$");
    }
}
