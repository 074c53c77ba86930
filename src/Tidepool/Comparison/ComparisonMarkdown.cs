using System.Globalization;
using System.Text;
using static Tidepool.Comparison.MarkdownText;

namespace Tidepool.Comparison;

/// <summary>
/// A comparison as Markdown, for <c>docs/comparison.md</c>. Two runs that saw the same make the same text: no ids, times, or speeds of a machine.
/// The proof is in the JSON.
/// </summary>
public sealed class ComparisonMarkdown
{
    private const string Reported = " †";
    private const string Inferred = " ‡";
    private readonly ComparisonReport _report;
    private readonly StringBuilder _text = new();
    private readonly List<string> _sources = [];

    private ComparisonMarkdown(ComparisonReport report) => _report = report;

    /// <summary>The whole text, with a newline at its end.</summary>
    public static string Of(ComparisonReport report)
    {
        var markdown = new ComparisonMarkdown(report);
        markdown.Write();
        return markdown._text.ToString().TrimEnd() + "\n";
    }

    private void Write()
    {
        _text.Append("# Storage for agents on Fargate, compared\n\n");
        _text.Append("Bind mount, EBS and EFS: who sees the data, what it survives, what it costs. `./tidepool compare --markdown docs/comparison.md` wrote this page from what it\n");
        _text.Append("observed; `--html FILE` and `--json FILE` write the same with the proof of every cell.\n\n");
        if (_report.Partial is { } partial)
        {
            _text.Append(CultureInfo.InvariantCulture, $"**This report is partial.** {Plain(partial)}\n\n");
        }

        WritePipeline();
        WriteScenarios();
        WriteClaims();
        WriteLimits();
        WriteCost();
        WriteSentences("## What was not exercised", [.. _report.NotExercised.Select(Plain)]);
        foreach (var (source, number) in _sources.Select((source, index) => (source, index + 1)))
        {
            _text.Append(CultureInfo.InvariantCulture, $"[{number}]: {source}\n");
        }
    }

    private void WritePipeline()
    {
        if (_report.Pipeline is not { } pipeline)
        {
            return;
        }

        _text.Append(CultureInfo.InvariantCulture, $"## The verdict for {Plain(pipeline.File)}\n\n{Plain(pipeline.Advice)}\n\n");
        _text.Append(Table(["storage", "verdict", "why"], pipeline.Verdicts.Select(verdict => (string[])[Kind(verdict.Storage), Plain(verdict.Works), Plain(verdict.Text)])));
        WriteSentences("What the YAML pins already:", [.. pipeline.Pinned.Select(Plain)]);
        WriteSentences("To pin to one task:", [.. pipeline.Pins.Select(Plain)]);
        WriteSentences("Traps, and what was seen besides:", [.. pipeline.Traps.Select(Plain)]);
        if (pipeline.Tfvars is { } lines)
        {
            _text.Append(CultureInfo.InvariantCulture, $"```\n{lines.Trim().Replace("```", "'''", StringComparison.Ordinal)}\n```\n\n");
        }
    }

    private void WriteScenarios()
    {
        if (_report.Scenarios.Count is 0)
        {
            return;
        }

        var notes = new List<string>();
        _text.Append("## Who sees the data, and what it survives\n\n");
        _text.Append(Table(
            ["scenario", .. _report.Storages.Select(storage => Plain(storage.Name))],
            _report.Scenarios.Select(row => (string[])[Plain(row.Name), .. _report.Storages.Select(storage => Cell(row, storage, notes))])));
        var cells = _report.Scenarios.SelectMany(row => row.Cells).Select(Sureness).ToHashSet();
        string[] signs =
        [
            .. cells.Contains(Reported) ? ["† AWS's users report it, AWS does not state it."] : (string[])[],
            .. cells.Contains(Inferred) ? ["‡ Inferred from what AWS states."] : (string[])[],
            "All else AWS states.",
        ];
        _text.Append(cells.Count > 1 ? string.Join(' ', signs) + "\n\n" : "");
        WriteSentences(null, notes);
        _text.Append("### The scenarios\n\n");
        _text.Append(Table(["scenario", "what is done and looked at", "rules"], _report.Scenarios.Select(row => (string[])[Plain(row.Name), Plain(row.What), Rules(row)])));
        _text.Append("### The storages\n\n");
        _text.Append(Table(["storage", "what it is"], _report.Storages.Select(storage => (string[])[Plain(storage.Name), Plain(storage.What)])));
    }

    private static string Cell(ScenarioRow row, StorageReport storage, List<string> notes)
    {
        var cell = row.Cells.FirstOrDefault(cell => cell.Storage == storage.Id);
        switch (cell)
        {
            case null:
                return "not run";
            case { Verdict: CellReport.NotTried }:
                notes.Add($"{Plain(row.Name)}, {Plain(storage.Name)}: not tried. {Plain(cell.Text)}");
                return CellReport.NotTried;
            case { Verdict: CellReport.Different }:
                notes.Add($"**{Plain(row.Name)}, {Plain(storage.Name)}: {Plain(cell.Expected)} was to be seen.** {Plain(cell.Text)}");
                return $"**{Plain(cell.Observed ?? "nothing")}** (differs)";
            default:
                return Plain(cell.Observed ?? "") + Sureness(cell);
        }
    }

    private static string Sureness(CellReport cell) => cell switch
    {
        { Verdict: not CellReport.AsExpected } => "",
        { Certainty: "reported" } => Reported,
        { Certainty: "inferred" } => Inferred,
        _ => "",
    };

    private string Rules(ScenarioRow row) => string.Join(' ', row.Cells.Select(cell => cell.Source).Distinct().Select(Source));

    private void WriteClaims()
    {
        if (_report.Claims.Count is 0)
        {
            return;
        }

        _text.Append("## What is commonly said, checked\n\n");
        _text.Append(Table(
            ["claim", "storage", "commonly said", "found", "agrees", "source"],
            _report.Claims.Select(claim => (string[])
            [
                Plain(claim.Row),
                Kind(claim.Storage),
                Plain(claim.Commonly),
                Plain(claim.Found),
                claim.Agrees ? "yes" : "**no**",
                $"{claim.Basis} {Source(claim.Source)}",
            ])));
    }

    // What was measured is of one machine and one minute, and left out.
    private void WriteLimits()
    {
        if (_report.Speed is not { Documented.Count: > 0 } speed)
        {
            return;
        }

        _text.Append("## Speed that AWS documents\n\n");
        _text.Append(Table(
            ["storage", "for", "limit", "source"],
            speed.Documented.Select(limit => (string[])[Kind(limit.Storage), Plain(limit.For), Plain(limit.Limit), Source(limit.Source)])));
    }

    private void WriteCost()
    {
        if (_report.Cost is not { } cost)
        {
            return;
        }

        _text.Append("## Cost a month\n\n");
        _text.Append(CultureInfo.InvariantCulture, $"For {Plain(CostSizes.Of(cost))}\n\n");
        var items = cost.Storages.SelectMany(storage => storage.Lines.Select(line => (storage.Storage, Line: line)))
            .GroupBy(entry => entry.Line with { Quantity = 0, Monthly = 0 })
            .OrderByDescending(item => item.Key.IsStorage);
        _text.Append(Table(
            ["item", .. cost.Storages.Select(storage => Kind(storage.Storage)), "price", "source"],
            [
                .. items.Select(item => (string[])
                [
                    Plain(item.Key.Item) + (item.Key.IsEstimate ? " (estimated)" : ""),
                    .. cost.Storages.Select(storage => Amount(item.FirstOrDefault(entry => entry.Storage == storage.Storage).Line?.Monthly)),
                    string.Create(CultureInfo.InvariantCulture, $"{item.Key.Price:0.00######} a {Plain(item.Key.Unit)}{(item.Key.Remark is { } remark ? $" ({Plain(remark)})" : "")}"),
                    string.Create(CultureInfo.InvariantCulture, $"{Source(item.Key.Source)} {item.Key.Date:yyyy-MM-dd}"),
                ]),
                ["**together**", .. cost.Storages.Select(storage => storage.Monthly is null ? "–" : $"**{Amount(storage.Monthly)}**"), "", ""],
                ["of which the storage", .. cost.Storages.Select(storage => Amount(storage.StorageMonthly)), "", ""],
            ]));
        WriteSentences(null, [.. cost.Storages.Where(storage => storage.Text is not null).Select(storage => $"{Kind(storage.Storage)}: {Plain(storage.Text!)}")]);
        WriteSentences("Where they cost the same:", [.. cost.BreakEven.Select(Plain)]);
        WriteSentences(null, [.. cost.Remarks.Select(Plain)]);
    }

    private void WriteSentences(string? head, IReadOnlyList<string> sentences)
    {
        if (sentences.Count > 0)
        {
            _text.Append(head is null ? "" : $"{head}\n\n").AppendJoin("", sentences.Select(sentence => $"- {sentence}\n")).Append('\n');
        }
    }

    private static string Amount(decimal? amount) => amount is { } known ? known.ToString("#,0.00", CultureInfo.InvariantCulture) : "–";

    private static string Kind(string storage) => Page.StorageNames.Of(storage);

    // A link to one of the definitions at the end; an address that is none of the web stands there as text.
    private string Source(string address)
    {
        if (!(Uri.TryCreate(address, UriKind.Absolute, out var url) && url.Scheme is "https" or "http"))
        {
            return Plain(address);
        }

        if (!_sources.Contains(url.AbsoluteUri))
        {
            _sources.Add(url.AbsoluteUri);
        }

        return $"[{_sources.IndexOf(url.AbsoluteUri) + 1}]";
    }
}
