namespace Tidepool.Comparison.Page;

/// <summary>What is commonly said of the storages beside what was found.</summary>
internal static class ClaimsSection
{
    private static readonly string[] Columns = ["claim", "commonly said", "found", "verdict", "from"];

    public static Html Of(ComparisonReport report) => report.Claims.Count is 0
        ? Html.None
        : Html.Of(
            $"""
            <section id="claims" aria-labelledby="claims-h">
            <h2 id="claims-h">What is commonly said, checked</h2>
            {PageTable.Of(
                "Common claims",
                Html.Of($"{report.Claims.Count(claim => !claim.Agrees)} of {report.Claims.Count} do not hold as they are said"),
                "cards claims",
                Columns,
                Html.Each(report.Claims, claim => PageTable.Row(
                    Html.Of($"""<span class="name">{claim.Row}</span> <span class="what">{StorageNames.Of(claim.Storage)}</span>"""),
                    PageTable.Cell("commonly said", "", Html.Of($"{claim.Commonly}")),
                    PageTable.Cell("found", "", Html.Of($"{claim.Found}")),
                    PageTable.Cell("verdict", claim.Agrees ? "agrees" : "disagrees", claim.Agrees ? Html.Of($"✓ agrees") : Html.Of($"✕ does not hold")),
                    PageTable.Cell(claim.Basis, "from", From(report, claim)))))}</section>

            """);

    private static Html From(ComparisonReport report, ClaimReport claim) => Html.Of(
        $"""
        {Html.Each(claim.Cells, cell => Html.Of($"""<span class="from-cell">{Shown(report, cell)}</span> """))}<span class="from-cell">{Html.Source(claim.Source)}</span>
        """);

    // A partial report may lack the cell that a claim rests on.
    private static Html Shown(ComparisonReport report, string cell)
    {
        var (scenario, storage) = cell.Split('/') is [var first, var second] ? (first, second) : (cell, "");
        return report.Scenarios.FirstOrDefault(row => row.Id == scenario) is { } row && row.Cells.Any(one => one.Storage == storage)
            ? Html.Of($"""<a href="#{Anchors.Proof(scenario, storage)}">{row.Name}, {StorageNames.Of(report, storage)}</a>""")
            : Html.Of($"{cell}");
    }
}
