namespace Tidepool.Comparison.Page;

/// <summary>The proof of every cell: folded away, and opened by a link to it.</summary>
internal static class ProofSection
{
    public static Html Of(ComparisonReport report) => report.Scenarios.Count is 0 && report.Speed is null
        ? Html.None
        : Html.Of(
            $"""
            <section id="proof" aria-labelledby="proof-h">
            <h2 id="proof-h">The proof</h2>
            <p>Before and after others look, each cell looks where the data was written: <em>not found</em> can only come from the storage. What is open here is printed.</p>
            {Html.Each(report.Scenarios, row => Scenario(report, row))}{(report.Speed is { } speed ? Speeds(report, speed) : Html.None)}</section>

            """);

    private static Html Scenario(ComparisonReport report, ScenarioRow row) => Html.Of(
        $"""
        <div class="proofs"><h3>{row.Name}</h3>
        <p>{row.What}</p>
        {Html.Each(row.Cells, cell => Cell(report, row, cell))}</div>

        """);

    private static Html Cell(ComparisonReport report, ScenarioRow row, CellReport cell)
    {
        var mark = CellMark.Of(cell);
        return Details(
            Anchors.Proof(row.Id, cell.Storage),
            mark.Kind is "different",
            Html.Of($"""<span class="where">{StorageNames.Of(report, cell.Storage)}</span><span class="word {mark.Kind}">{mark.Show()}</span>{Html.If(mark.Kind is "different", $"""<span class="word different">not as expected</span>""")}"""),
            Html.Of(
                $"""
                <p>{cell.Text}</p>
                <dl>
                <div><dt>to be seen</dt><dd>{cell.Expected}</dd></div>
                <div><dt>control</dt><dd>{(cell.Control switch { true => "the data was where it was written", false => "the data was NOT where it was written", null => "nothing was tried" })}</dd></div>
                <div><dt>on AWS</dt><dd>{cell.Certainty}, {Html.Source(cell.Source)}</dd></div>
                {Html.If(cell.Tasks.Count > 0, $"""<div><dt>tasks</dt><dd>{Html.Each(cell.Tasks, task => Html.Of($"<code>{task}</code><br>"))}</dd></div>""")}</dl>
                {Lines(cell.Proof)}<p><a href="#{Anchors.Cell(row.Id, cell.Storage)}">Back to the table</a></p>
                """));
    }

    private static Html Speeds(ComparisonReport report, SpeedReport speed) => Html.Each(
        speed.Rows.Where(row => row.Cells.Any(cell => cell.Proof.Count > 0)),
        row => Html.Of(
            $"""
            <div class="proofs"><h3>{row.Name}</h3>
            {Html.Each(row.Cells.Where(cell => cell.Proof.Count > 0), cell => Details(
                Anchors.Speed(row.Id, cell.Storage),
                false,
                Html.Of($"""<span class="where">{StorageNames.Of(report, cell.Storage)}</span><span class="word plain">{cell.Value:0.###} {row.Unit}</span>"""),
                Html.Of($"""{Lines(cell.Proof)}<p><a href="#speed">Back to the table</a></p>""")))}</div>

            """));

    // The anchor is inside: a browser opens what it has to show for a link.
    private static Html Details(string anchor, bool open, Html summary, Html content) => Html.Of(
        $"""
        <details{(open ? Html.Of($" open") : Html.None)}><summary>{summary}</summary><div id="{anchor}" class="proof" tabindex="-1">
        {content}
        </div></details>

        """);

    private static Html Lines(IReadOnlyList<string> lines) =>
        Html.If(lines.Count > 0, $"""<ol class="lines">{Html.Each(lines, line => Html.Of($"<li>{line}</li>"))}</ol>""");
}
