using System.Text;
using System.Text.RegularExpressions;

namespace Tidepool.Comparison;

/// <summary>Text and tables of Markdown that read well raw.</summary>
internal static partial class MarkdownText
{
    // Wider columns are not filled up: a line of 200 blanks reads worse than a ragged one.
    private const int Widest = 34;

    /// <summary>Text in which nothing is a sign of Markdown or HTML.</summary>
    public static string Plain(string text) => Sign().Replace(Space().Replace(text.Trim(), " "), @"\$0").Replace("&", "&amp;", StringComparison.Ordinal);

    /// <summary>A table with its columns one below the other.</summary>
    /// <param name="head">Heads; what is put in is Markdown already.</param>
    /// <param name="rows">As many cells as heads each.</param>
    public static string Table(IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        var lines = rows.Prepend(head).ToArray();
        var widths = head.Select((_, column) => Math.Min(Widest, lines.Max(line => line[column].Length))).ToArray();
        var table = new StringBuilder();
        table.Append(Line(head, widths)).Append('|').AppendJoin('|', widths.Select(width => new string('-', width + 2))).Append("|\n");
        return table.AppendJoin("", lines.Skip(1).Select(line => Line(line, widths))).Append('\n').ToString();
    }

    private static string Line(IReadOnlyList<string> cells, int[] widths) => $"| {string.Join(" | ", cells.Select((cell, column) => cell.PadRight(widths[column])))} |\n";

    // An underscore inside of a word, as in default_owner, is none.
    [GeneratedRegex(@"[\\`*|<\[\]]|(?<!\w)_|_(?!\w)|^[#>+-](?=\s)|^\d+(?=[.)]\s)")]
    private static partial Regex Sign();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
