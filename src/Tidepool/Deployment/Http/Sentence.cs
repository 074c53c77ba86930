using System.Text.RegularExpressions;

namespace Tidepool.Deployment.Http;

/// <summary>What the far side said, fit to stand in a message.</summary>
internal static partial class Sentence
{
    private const int Longest = 600;

    /// <summary>The text on one line, without control characters, ended with a full stop; empty where it says nothing.</summary>
    public static string Of(string text)
    {
        var line = Space().Replace(text, " ").Trim();
        return line.Length switch
        {
            0 => "",
            > Longest => $"{line[..Longest]}…",
            _ => line.EndsWith('.') ? line : $"{line}.",
        };
    }

    [GeneratedRegex(@"[\s\x00-\x1f\x7f]+")]
    private static partial Regex Space();
}
