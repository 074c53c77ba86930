namespace Tidepool.Comparison.Page;

/// <summary>What a reader comes for: the verdict for the pipeline, and in figures how the storages kept to their rules.</summary>
internal static class AnswerSection
{
    public static Html Of(ComparisonReport report) => Html.Of(
        $"""
        {(report.Pipeline is { } pipeline ? PipelineSection.Of(report, pipeline) : Html.None)}{Figures(report)}
        """);

    /// <summary>What a reader has to know before anything else: that something is missing, differs, or was left behind.</summary>
    public static Html Notices(ComparisonReport report) => Html.Of(
        $"""
        {Html.If(report.Partial is not null, $"""
            <p class="notice warn" role="note"><strong>This report is partial.</strong> {report.Partial}</p>

            """)}{Html.If(report.HasDifference, $"""
            <div class="notice bad" role="note"><strong>Something was seen that the rules do not say:</strong>
            <ul>{Html.Each(Different(report), found => Html.Of($"""<li><a href="#{Anchors.Proof(found.Row.Id, found.Cell.Storage)}">{found.Row.Name}, {StorageNames.Of(report, found.Cell.Storage)}</a>: {found.Cell.Text}</li>"""))}</ul></div>

            """)}{Html.If(report.Left.Count > 0, $"""
            <div class="notice warn" role="note"><strong>These could not be removed:</strong>
            <ul>{Html.Each(report.Left, left => Html.Of($"<li>{left}</li>"))}</ul></div>

            """)}
        """);

    private static Html Figures(ComparisonReport report)
    {
        var cells = report.Scenarios.SelectMany(row => row.Cells).ToArray();
        int Count(string verdict) => cells.Count(cell => cell.Verdict == verdict);
        return Html.Of(
            $"""
            <dl class="figures">
            {Figure(Count(CellReport.AsExpected), "cells are as the rules say", "#matrix")}
            {Figure(Count(CellReport.Different), "differ", "#matrix")}
            {Figure(Count(CellReport.NotTried), "were not tried", "#matrix")}
            {(report.Claims.Count is 0 ? Html.None : Figure(report.Claims.Count(claim => !claim.Agrees), $"of {report.Claims.Count} common claims do not hold", "#claims"))}
            </dl>

            """);
    }

    private static Html Figure(int count, string what, string where) =>
        Html.Of($"""<div><dt><a href="{where}">{what}</a></dt><dd>{count}</dd></div>""");

    private static IEnumerable<(ScenarioRow Row, CellReport Cell)> Different(ComparisonReport report) =>
        report.Scenarios.SelectMany(row => row.Cells.Where(cell => cell.Verdict == CellReport.Different).Select(cell => (row, cell)));
}
