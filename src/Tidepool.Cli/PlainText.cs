using System.Text.RegularExpressions;

namespace Tidepool.Cli;

/// <summary>Text from pipelines and steps without control characters: none of it may steer the terminal.</summary>
internal static partial class PlainText
{
    public static string Of(string text) => text.Any(char.IsControl) ? WithoutControls(text) : text;

    // Apart, so that expressions are loaded only where there is something to take out.
    private static string WithoutControls(string text) => Control().Replace(text, "");

    // Escape sequences (colours, cursor, titles), then what else is not printed; tabs and line ends stay.
    [GeneratedRegex(@"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f]")]
    private static partial Regex Control();
}
