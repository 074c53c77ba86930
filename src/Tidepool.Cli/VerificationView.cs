using System.Globalization;
using Spectre.Console;
using Tidepool.Deployment;
using Tidepool.Deployment.Verification;
using Tidepool.Rehearsal;
using Tidepool.Storage.Probes;

namespace Tidepool.Cli;

/// <summary>Shows a verification of storage: each probe as it ends on standard error, the table on standard output.</summary>
internal sealed class VerificationView : IProgress<DeploymentEvent>, IProgress<RehearsalEvent>
{
    private readonly Lock _writing = new();
    private readonly IAnsiConsole _live = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly IAnsiConsole _result;
    private readonly bool _isShort;
    private readonly bool _isPlain;
    private bool _quiet;

    /// <param name="standardOutputTaken">The JSON report goes to standard output, so the table goes to standard error.</param>
    /// <param name="quiet">Show the result only.</param>
    public VerificationView(bool standardOutputTaken, bool quiet)
    {
        _quiet = quiet;

        // Who reads a file wants what matters; a terminal shows that it goes on.
        _isShort = Console.IsErrorRedirected;
        _live.Profile.Width = int.MaxValue;
        _result = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(standardOutputTaken ? Console.Error : Console.Out) });
        _isPlain = standardOutputTaken ? Console.IsErrorRedirected : Console.IsOutputRedirected;
        if (_isPlain)
        {
            _result.Profile.Width = int.MaxValue;
        }
    }

    public void Report(DeploymentEvent value)
    {
        switch (value)
        {
            case Deployment.Said(var text):
                Say($"  {PlainText.Of(text)}");
                break;
            case ProbeEnded(var probe) when !_isShort:
                Say($"[{Colour(probe)}]{probe.Verdict,-11}[/] {probe.Id} [grey]{Markup.Escape(PlainText.Of(probe.Observed))}[/]", isMarkup: true);
                break;
        }
    }

    public void Report(RehearsalEvent value)
    {
        if (value is Rehearsal.Said(var text))
        {
            Say($"  {PlainText.Of(text)}");
        }
    }

    /// <summary>Draws the table, or lines for a file or a pipe, and what follows from it.</summary>
    public void Show(VerificationReport report)
    {
        if (_isPlain)
        {
            ShowLines(report);
        }
        else
        {
            ShowTable(report);
        }

        int Count(string verdict) => report.Probes.Count(probe => probe.Verdict == verdict);
        _result.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Count(ProbeReport.AsExpected)} as expected, {Count(ProbeReport.Different)} DIFFERENT, {Count(ProbeReport.NotTried)} not tried; "
            + $"endpoint {report.Endpoint}{(report.Runtime is null ? "" : $", runtime {report.Runtime}")}, image {report.Image}, {report.Seconds:0.0} s"));
        foreach (var probe in report.Probes.Where(probe => probe is { Verdict: ProbeReport.Different }))
        {
            _result.WriteLine($"{probe.Id}: {probe.Claim} ({probe.Certainty}: {probe.Source})");
        }

        foreach (var left in report.Left)
        {
            _result.WriteLine($"left: {PlainText.Of(left)}");
        }
    }

    // One that holds takes one line; of another all is said that the table has.
    private void ShowLines(VerificationReport report)
    {
        foreach (var probe in report.Probes)
        {
            _result.WriteLine($"{probe.Verdict,-11}  {probe.Id}: {PlainText.Of(probe.Observed)}");
            if (probe.Verdict == ProbeReport.Different)
            {
                _result.WriteLine($"             expected: {probe.Expected}");
            }

            if (Proof(probe) is { Length: > 0 } proof)
            {
                _result.WriteLine($"             proof: {PlainText.Of(proof)}");
            }
        }
    }

    private void ShowTable(VerificationReport report)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("probe", "verdict", "expected", "observed", "proof");
        foreach (var probe in report.Probes)
        {
            table.AddRow(
                Markup.Escape(probe.Id),
                $"[{Colour(probe)}]{probe.Verdict}[/]",
                Markup.Escape(probe.Expected),
                Markup.Escape(PlainText.Of(probe.Observed)),
                Markup.Escape(PlainText.Of(Proof(probe))));
        }

        _result.Write(table);
    }

    /// <summary>Lists probes on standard output, a line each.</summary>
    public static void List(IEnumerable<Probe> probes)
    {
        foreach (var probe in probes)
        {
            Console.Out.WriteLine($"{probe.Id,-26} {probe.Claim} ({probe.Source.Certainty.ToString().ToLowerInvariant()})");
        }
    }

    // The whole of it is in the JSON report.
    private static string Proof(ProbeReport probe)
    {
        var tasks = probe.Proof.Where(line => line.StartsWith("task ", StringComparison.Ordinal))
            .Select(line => $"task {line.Split(',')[0].Split('/')[^1][..8]}");
        var codes = probe.Proof.Select(line => line.Split(';')[0].Trim()).Where(line => line.Contains("exit code ", StringComparison.Ordinal));
        return string.Join(", ", tasks.Concat(codes));
    }

    private void Say(string text, bool isMarkup = false)
    {
        lock (_writing)
        {
            if (_quiet)
            {
                return;
            }

            try
            {
                if (isMarkup)
                {
                    _live.MarkupLine(text);
                }
                else
                {
                    _live.WriteLine(text);
                }
            }
            catch (IOException)
            {
                // Standard error is full or its terminal is gone; the result says what came of it.
                _quiet = true;
            }
        }
    }

    private static string Colour(ProbeReport probe) => probe.Verdict switch
    {
        ProbeReport.AsExpected => "green",
        ProbeReport.Different => "red",
        _ => "grey",
    };
}
