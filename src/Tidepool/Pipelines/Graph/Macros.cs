using System.Text;

namespace Tidepool.Pipelines.Graph;

/// <summary>Text with <c>$(name)</c> in it.</summary>
internal static class Macros
{
    private const int MaxLength = 100_000;

    /// <summary>Replaces each <c>$(name)</c> that has a value, also inside values; a name inside its own value stays text.</summary>
    public static string Expand(string text, Func<string, string?> valueOf) => Expand(text, valueOf, []);

    private static string Expand(string text, Func<string, string?> valueOf, IReadOnlyList<string> around)
    {
        var result = new StringBuilder();
        var at = 0;
        while (at < text.Length)
        {
            var open = text.IndexOf("$(", at, StringComparison.Ordinal);
            var close = open < 0 ? -1 : text.IndexOf(')', open);
            if (close < 0)
            {
                break;
            }
            var name = text[(open + 2)..close];
            var value = around.Contains(name, StringComparer.OrdinalIgnoreCase) ? null : valueOf(name);
            result.Append(text, at, open - at);
            if (value is null || result.Length > MaxLength)
            {
                // What follows may still be a macro: $($(x)) has one inside.
                result.Append("$(");
                at = open + 2;
            }
            else
            {
                result.Append(Expand(value, valueOf, [.. around, name]));
                at = close + 1;
            }
        }
        return result.Append(text, at, text.Length - at).ToString();
    }
}
