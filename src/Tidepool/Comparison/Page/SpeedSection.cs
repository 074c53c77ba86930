namespace Tidepool.Comparison.Page;

/// <summary>How fast the storages are where it was measured, and what AWS documents.</summary>
internal static class SpeedSection
{
    public static Html Of(ComparisonReport report) => report.Speed is not { } speed
        ? Html.None
        : Html.Of(
            $"""
            <section id="speed" aria-labelledby="speed-h">
            <h2 id="speed-h">Speed</h2>
            {Html.Each(speed.Remarks, remark => Html.Of($"<p>{remark}</p>\n"))}{PageTable.Of(
                "Measured speed",
                Html.Of($"Time taken where it ran, and over that of the container's own layer: 2 × is twice as slow"),
                "cards numbers speed",
                ["work", "own layer", .. report.Storages.Select(storage => storage.Name)],
                Html.Each(speed.Rows, row => Row(report, row)))}{Documented(speed)}</section>

            """);

    private static Html Row(ComparisonReport report, SpeedRow row)
    {
        var longest = row.Cells.Select(cell => cell.Value).Append(row.Layer).Max() ?? 0;
        return PageTable.Row(
            Html.Of($"""<span class="name">{row.Name}</span>"""),
            report.Storages.Select(storage => Cell(row, storage, longest))
                .Prepend(row.Layer is { } layer ? PageTable.Cell("own layer", "", Figure(layer, row.Unit, longest)) : PageTable.Cell("own layer", "untried", Html.Of($"–"))));
    }

    private static Html Cell(SpeedRow row, StorageReport storage, double longest)
    {
        var cell = row.Cells.FirstOrDefault(cell => cell.Storage == storage.Id);
        if (cell?.Value is not { } value)
        {
            return PageTable.Cell(storage.Name, "untried", Html.Of($"""– <span class="note">{cell?.Text ?? "not measured"}</span>"""));
        }

        var ratio = Html.Of(
            $"""
            {(cell.Ratio is { } times ? Html.Of($"""<span class="ratio">{times:0.0#} ×</span>""") : Html.None)}{Html.If(cell.Text is not null, $"""<span class="note">{cell.Text}</span>""")}
            """);
        return PageTable.Cell(
            storage.Name,
            "",
            cell.Proof.Count is 0
                ? Html.Of($"{Figure(value, row.Unit, longest)}{ratio}")
                : Html.Of($"""<a href="#{Anchors.Speed(row.Id, storage.Id)}">{Figure(value, row.Unit, longest)}</a>{ratio}"""));
    }

    private static Html Figure(double value, string unit, double longest) => Html.Of(
        $"""<span class="value">{value:0.###} {unit}</span><span class="bar" aria-hidden="true" style="--part:{(longest > 0 ? value / longest : 0):0.###}"></span>""");

    private static Html Documented(SpeedReport speed) => speed.Documented.Count is 0
        ? Html.None
        : Html.Of(
            $"""
            <h3>What AWS documents</h3>
            {PageTable.Of(
                "Documented limits",
                Html.Of($"Limits that AWS states; none was measured here"),
                "cards limits",
                ["storage", "for", "limit", "source"],
                Html.Each(speed.Documented, limit => PageTable.Row(
                    Html.Of($"{StorageNames.Of(limit.Storage)}"),
                    PageTable.Cell("for", "", Html.Of($"{limit.For}")),
                    PageTable.Cell("limit", "", Html.Of($"{limit.Limit}")),
                    PageTable.Cell("source", "from", Html.Source(limit.Source)))))}
            """);
}
