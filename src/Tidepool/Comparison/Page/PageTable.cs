namespace Tidepool.Comparison.Page;

/// <summary>
/// A table that a narrow screen shows as one card a row. The roles are spelled out, since a table whose parts are laid out as blocks is no table
/// to assistive software any more.
/// </summary>
internal static class PageTable
{
    /// <param name="name">What a screen reader calls the region that scrolls where the table is wider than the page.</param>
    /// <param name="caption">What the table holds.</param>
    /// <param name="kind">Its class.</param>
    /// <param name="columns">Heads; the first is that of the rows' heads.</param>
    /// <param name="rows">Of <see cref="Row"/>.</param>
    public static Html Of(string name, Html caption, string kind, IReadOnlyList<string> columns, Html rows) => Html.Of(
        $"""
        <div class="scroll" role="region" aria-label="{name}" tabindex="0">
        <table class="{kind}" role="table">
        <caption>{caption}</caption>
        <thead role="rowgroup"><tr role="row">{Html.Each(columns, column => Html.Of($"""<th scope="col" role="columnheader">{column}</th>"""))}</tr></thead>
        <tbody role="rowgroup">
        {rows}</tbody>
        </table>
        </div>

        """);

    public static Html Row(Html head, params IEnumerable<Html> cells) => Html.Of(
        $"""
        <tr role="row"><th scope="row" role="rowheader">{head}</th>{Html.All(cells)}</tr>

        """);

    /// <param name="column">The column's head, which a card repeats.</param>
    /// <param name="kind">Its class.</param>
    /// <param name="content">What it holds.</param>
    public static Html Cell(string column, string kind, Html content) =>
        Html.Of($"""<td role="cell" class="{kind}" data-column="{column}"><div>{content}</div></td>""");
}
