using System.Globalization;
using Spectre.Console;
using Tidepool.Comparison;
using Tidepool.Deployment;
using Tidepool.Rehearsal;
using Tidepool.Storage.Probes;

namespace Tidepool.Cli;

/// <summary>Shows a comparison of storages: each cell as it is filled on standard error, the tables on standard output.</summary>
internal sealed class ComparisonView : IProgress<DeploymentEvent>, IProgress<RehearsalEvent>
{
    private const int WidthOfFiles = 160;

    private readonly Lock _writing = new();
    private readonly IAnsiConsole _live = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly IAnsiConsole _result;
    private readonly bool _isShort = Console.IsErrorRedirected;
    private bool _quiet;

    /// <param name="standardOutputTaken">A report goes to standard output, so the tables go to standard error.</param>
    /// <param name="quiet">Show the result only.</param>
    public ComparisonView(bool standardOutputTaken, bool quiet)
    {
        _quiet = quiet;
        _live.Profile.Width = int.MaxValue;
        _result = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(standardOutputTaken ? Console.Error : Console.Out) });
        if (standardOutputTaken ? Console.IsErrorRedirected : Console.IsOutputRedirected)
        {
            _result.Profile.Width = WidthOfFiles;
        }
    }

    public void Report(DeploymentEvent value)
    {
        switch (value)
        {
            case Deployment.Said(var text):
                Say($"  {Markup.Escape(PlainText.Of(text))}");
                break;
            case CellEnded(var id, var cell, var done, var all) when !_isShort || cell.Verdict != CellReport.AsExpected:
                Say(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{done,3}/{all} [{Colour(cell)}]{cell.Verdict,-11}[/] {id} [grey]{Markup.Escape(PlainText.Of(cell.Text))}[/]"));
                break;
        }
    }

    public void Report(RehearsalEvent value)
    {
        switch (value)
        {
            case Rehearsal.Said(var text):
                Say($"  {Markup.Escape(PlainText.Of(text))}");
                break;
        }
    }

    /// <summary>Tells that a storage's speed was measured.</summary>
    public void Measured(ProbeVerdict verdict)
    {
        if (!_isShort || verdict.Outcome is not ProbeOutcome.AsExpected)
        {
            Say($"        measured    {Markup.Escape(verdict.Probe.Id)} [grey]{Markup.Escape(PlainText.Of(verdict.Observed))}[/]");
        }
    }

    /// <summary>Draws the tables, and what follows from them.</summary>
    public void Show(ComparisonReport report)
    {
        if (report.Partial is { } partial)
        {
            _result.MarkupLineInterpolated($"[yellow]{partial}[/]");
        }

        _result.Write(Scenarios(report));
        foreach (var (row, cell) in Cells(report).Where(pair => pair.Cell.Verdict == CellReport.Different))
        {
            _result.WriteLine($"{row.Id}/{cell.Storage}: expected {cell.Expected}; {PlainText.Of(cell.Text)} ({cell.Certainty}: {cell.Source})");
        }

        foreach (var reasons in Cells(report).Where(pair => pair.Cell.Verdict == CellReport.NotTried).GroupBy(pair => pair.Cell.Text))
        {
            _result.WriteLine($"not tried ({string.Join(", ", reasons.Select(pair => $"{pair.Row.Id}/{pair.Cell.Storage}"))}): {PlainText.Of(reasons.Key)}");
        }

        int Count(string verdict) => Cells(report).Count(pair => pair.Cell.Verdict == verdict);
        _result.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Count(CellReport.AsExpected)} as expected, {Count(CellReport.Different)} DIFFERENT, {Count(CellReport.NotTried)} not tried; "
            + $"endpoint {report.Endpoint}{(report.Runtime is null ? "" : $", runtime {report.Runtime}")}, {report.Seconds:0.0} s"));
        foreach (var left in report.Left)
        {
            _result.WriteLine($"left: {PlainText.Of(left)}");
        }

        ShowClaims(report);
        ShowSpeed(report);
        ShowCost(report);
        ShowVerdict(report);
    }

    private void ShowClaims(ComparisonReport report)
    {
        var wrong = report.Claims.Where(claim => !claim.Agrees).ToList();
        if (wrong.Count == 0)
        {
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumns("storage", "commonly said", "found");
        foreach (var claim in wrong)
        {
            table.AddRow(Markup.Escape($"{claim.Storage}, {claim.Row}"), Markup.Escape(claim.Commonly), Markup.Escape(PlainText.Of(claim.Found)));
        }

        _result.WriteLine();
        _result.Write(table);
    }

    private void ShowSpeed(ComparisonReport report)
    {
        if (report.Speed is not { } speed)
        {
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumn("over the container's own layer");
        foreach (var storage in report.Storages)
        {
            table.AddColumn(Markup.Escape(storage.Name));
        }

        foreach (var row in speed.Rows)
        {
            table.AddRow([Markup.Escape(row.Name), .. report.Storages.Select(storage => row.Cells.FirstOrDefault(cell => cell.Storage == storage.Id) switch
            {
                { Ratio: { } ratio } => string.Create(CultureInfo.InvariantCulture, $"{ratio:0.0} x"),
                _ => "[grey]-[/]",
            })]);
        }

        _result.WriteLine();
        _result.Write(table);
        foreach (var remark in speed.Remarks)
        {
            _result.MarkupLineInterpolated($"[grey]{PlainText.Of(remark)}[/]");
        }
    }

    private void ShowCost(ComparisonReport report)
    {
        if (report.Cost is not { } cost)
        {
            return;
        }

        var table = new Table().Border(TableBorder.Rounded)
            .AddColumn("storage").AddColumn(new TableColumn($"it alone, {cost.Currency} a month").RightAligned()).AddColumn(new TableColumn("all").RightAligned()).AddColumn("");
        foreach (var storage in cost.Storages)
        {
            table.AddRow(storage.Storage, Money(storage.StorageMonthly), Money(storage.Monthly), Markup.Escape(PlainText.Of(storage.Text ?? "")));
        }

        _result.WriteLine();
        _result.Write(table);
        foreach (var line in cost.BreakEven.Prepend(CostSizes.Of(cost)))
        {
            _result.WriteLine(PlainText.Of(line));
        }

        static string Money(decimal? value) => value?.ToString("0.00", CultureInfo.InvariantCulture) ?? "-";
    }

    private void ShowVerdict(ComparisonReport report)
    {
        if (report.Pipeline is not { } pipeline)
        {
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumns(Markup.Escape(PlainText.Of(pipeline.File)), pipeline.Result, "");
        foreach (var verdict in pipeline.Verdicts)
        {
            table.AddRow(verdict.Storage, Markup.Escape(verdict.Works), Markup.Escape(PlainText.Of(verdict.Text)));
        }

        _result.WriteLine();
        _result.Write(table);
        foreach (var line in pipeline.Traps.Concat(pipeline.Pins).Append(pipeline.Advice))
        {
            _result.WriteLine(PlainText.Of(line));
        }

        if (pipeline.Tfvars is { } tfvars)
        {
            _result.WriteLine();
            foreach (var line in tfvars.TrimEnd().Split('\n'))
            {
                _result.WriteLine($"  {PlainText.Of(line)}");
            }
        }
    }

    private static IEnumerable<(ScenarioRow Row, CellReport Cell)> Cells(ComparisonReport report) =>
        report.Scenarios.SelectMany(row => row.Cells.Select(cell => (row, cell)));

    private static Table Scenarios(ComparisonReport report)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("scenario");
        foreach (var storage in report.Storages)
        {
            table.AddColumn(Markup.Escape(storage.Name));
        }

        foreach (var row in report.Scenarios)
        {
            table.AddRow([Markup.Escape(row.Name), .. row.Cells.Select(cell => cell.Verdict switch
            {
                CellReport.NotTried => "[grey]not tried[/]",
                CellReport.Different => $"[red]{Markup.Escape(cell.Observed ?? "error")} (DIFFERENT)[/]",
                _ => Markup.Escape(cell.Observed ?? ""),
            })]);
        }

        return table;
    }

    private void Say(string markup)
    {
        lock (_writing)
        {
            if (_quiet)
            {
                return;
            }

            try
            {
                _live.MarkupLine(markup);
            }
            catch (IOException)
            {
                // Standard error is full or its terminal is gone; the result says what came of it.
                _quiet = true;
            }
        }
    }

    private static string Colour(CellReport cell) => cell.Verdict switch
    {
        CellReport.AsExpected => "green",
        CellReport.Different => "red",
        _ => "grey",
    };
}
