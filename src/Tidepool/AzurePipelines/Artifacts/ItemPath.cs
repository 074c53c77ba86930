using System.Text;
using Tidepool.AzurePipelines.Api;

namespace Tidepool.AzurePipelines.Artifacts;

/// <summary>The path of an item in a file container: it can mean nothing outside of the container.</summary>
internal sealed record ItemPath
{
    private const int LongestName = 255;
    private const int LongestPath = 2048;

    private ItemPath(string text) => Text = text;

    /// <summary>With slashes between names and none at the ends; empty for the container itself.</summary>
    public string Text { get; }

    public bool IsRoot => Text.Length == 0;

    /// <summary>Reads what a client sends; a backslash is a slash, as agents on Windows write it.</summary>
    /// <exception cref="WireException">400: a name in it is none, such as <c>..</c>.</exception>
    public static ItemPath Parse(string? text)
    {
        var names = (text ?? "").Replace('\\', '/').Split('/', StringSplitOptions.RemoveEmptyEntries);
        return names.Sum(name => name.Length + 1) > LongestPath || !Array.TrueForAll(names, IsName)
            ? throw Refusal.BadRequest($"'{text}' is no path of an item: it is too long, or a name in it is '.', '..' or holds control characters.")
            : new(string.Join('/', names));
    }

    private static bool IsName(string name) =>
        name is not ("." or "..") && Encoding.UTF8.GetByteCount(name) <= LongestName && !name.Any(char.IsControl) && !name.Any(char.IsSurrogate);
}
