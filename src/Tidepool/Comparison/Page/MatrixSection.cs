namespace Tidepool.Comparison.Page;

/// <summary>Who sees the data, and what it survives: scenarios by storages, each cell a link to its proof.</summary>
internal static class MatrixSection
{
    public static Html Of(ComparisonReport report) => Html.Of(
        $"""
        <section id="matrix" aria-labelledby="matrix-h">
        <h2 id="matrix-h">Who sees the data, and what it survives</h2>
        {Table(report)}</section>

        """);

    private static Html Table(ComparisonReport report) => report.Scenarios.Count is 0
        ? Html.Of($"<p>No scenario was run.</p>\n")
        : Html.Of(
            $"""
            {PageTable.Of(
                "Scenarios by storages",
                Html.Of($"What was observed where it was run. Each cell leads to its proof."),
                "cards matrix",
                ["scenario", .. report.Storages.Select(storage => storage.Name)],
                Html.Each(report.Scenarios, row => PageTable.Row(
                    Html.Of($"""<span class="name">{row.Name}</span> <span class="what">{row.What}</span>"""),
                    report.Storages.Select(storage => Cell(row, storage)))))}
            <ul class="legend" aria-label="Signs of the table">
            <li><span class="sign seen" aria-hidden="true">●</span> the data was there, or could be written</li>
            <li><span class="sign unseen" aria-hidden="true">○</span> it was not, or could not be written</li>
            <li><span class="sign unseen" aria-hidden="true">◐</span> what a snapshot held was, what was written since was not</li>
            <li><span class="sign different" aria-hidden="true">✕</span> not what the rules say</li>
            <li><span class="sign untried" aria-hidden="true">–</span> not tried</li>
            <li><span class="sure">reported</span> AWS's users say so, AWS does not</li>
            <li><span class="sure">inferred</span> follows from what AWS says</li>
            </ul>

            """);

    private static Html Cell(ScenarioRow row, StorageReport storage)
    {
        if (row.Cells.FirstOrDefault(cell => cell.Storage == storage.Id) is not { } cell)
        {
            return PageTable.Cell(storage.Name, CellMark.Missing.Kind, Html.Of($"– not run"));
        }

        var mark = CellMark.Of(cell);
        return PageTable.Cell(
            storage.Name,
            mark.Kind,
            Html.Of(
                $"""
                <a id="{Anchors.Cell(row.Id, storage.Id)}" href="#{Anchors.Proof(row.Id, storage.Id)}">{mark.Show()}</a>{Html.If(mark.Kind is "different", $"""<span class="note"><strong>differs:</strong> {cell.Expected} was to be seen</span>""")}{Html.If(cell.Certainty is not "stated" && mark.Kind is not "untried", $"""<span class="sure">{cell.Certainty}</span>""")}
                """));
    }
}
