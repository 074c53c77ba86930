using System.Globalization;
using Spectre.Console;
using Tidepool.Deployment;

namespace Tidepool.Cli;

/// <summary>Shows a deployment as it goes on standard error, and what came of it on standard output.</summary>
internal sealed class DeploymentView : IProgress<DeploymentEvent>
{
    // Terraform tells every ten seconds that a resource is still being made; who does not ask for all hears the first time after this.
    private const int LongResource = 30;

    private readonly Lock _writing = new();
    private readonly IAnsiConsole _live = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly HashSet<string> _long = [];
    private readonly bool _verbose;
    private bool _quiet;

    /// <param name="quiet">Show the result only.</param>
    /// <param name="verbose">Show what Terraform and docker write, too.</param>
    public DeploymentView(bool quiet, bool verbose)
    {
        (_quiet, _verbose) = (quiet, verbose);
        _live.Profile.Width = int.MaxValue;
    }

    public void Report(DeploymentEvent value)
    {
        lock (_writing)
        {
            if (_quiet)
            {
                return;
            }

            try
            {
                Show(value);
            }
            catch (IOException)
            {
                // Standard error is full or its terminal is gone; what is under way goes on, and its result says what came of it.
                _quiet = true;
            }
        }
    }

    /// <summary>Says what ended a command, and what stands.</summary>
    public void ShowEnd(DeploymentReport report)
    {
        lock (_writing)
        {
            foreach (var problem in report.Problems)
            {
                Console.Error.WriteLine(PlainText.Of(problem.ToString()));
            }

            if (report.Problems.Count > 0 || report.Interrupted)
            {
                var unfinished = report.Phases.LastOrDefault(phase => phase.Outcome is null)?.Name;
                Console.Error.WriteLine($"{(report.Interrupted ? "stopped" : "failed")}{(unfinished is null ? "" : $" in the phase {unfinished}")}. {string.Join(" ", report.Standing)}");
            }
        }
    }

    /// <summary>Draws what a month costs: each line's amount, what it is for, how it is counted, and below where the prices come from.</summary>
    public static void ShowCost(CostReport cost)
    {
        var sources = cost.Lines.Select(line => (line.Source, line.Date)).Distinct().ToList();
        foreach (var line in cost.Lines)
        {
            var remark = line.Remark is null ? "" : $"; {line.Remark}";
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {Amount(line.Monthly, line.IsEstimate)} {line.Item}: {line.Quantity:0.##} {line.Unit} at {line.Price} [{1 + sources.IndexOf((line.Source, line.Date))}]{remark}"));
        }

        Console.Out.WriteLine(
            $"  {Amount(cost.Total, isEstimate: false)} {cost.Currency} a month, all hours; list prices of {cost.Region}, other Regions differ; ~ is an estimate");
        foreach (var (source, date) in sources)
        {
            Console.Out.WriteLine($"  [{1 + sources.IndexOf((source, date))}] {source} ({date})");
        }

        Console.Out.WriteLine($"  {cost.NotCounted}");
    }

    private static string Amount(decimal amount, bool isEstimate) =>
        string.Create(CultureInfo.InvariantCulture, $"{amount,8:0.00}{(isEstimate ? " ~" : "  ")}");

    private void Show(DeploymentEvent value)
    {
        switch (value)
        {
            case PhaseStarted phase:
                _live.MarkupLineInterpolated($"[bold]{phase.Name}[/] [grey]{phase.What}[/]");
                break;
            case PhaseFinished phase:
                _live.MarkupLineInterpolated($"[green]✓[/] {phase.Name}: {PlainText.Of(phase.Outcome)} [grey]{phase.Seconds:0.0} s[/]");
                break;
            case ResourceSeen { Done: true } resource:
                _live.MarkupLineInterpolated($"  [grey]{resource.Address} {resource.Verb}, {resource.Seconds} s[/]");
                break;
            case ResourceSeen resource when _verbose || (resource.Seconds >= LongResource && _long.Add(resource.Address)):
                _live.MarkupLineInterpolated($"  [grey]{resource.Address} {resource.Verb}{(resource.Seconds > 0 ? $", {resource.Seconds} s so far" : "")}[/]");
                break;
            case Said(var text):
                _live.MarkupLineInterpolated($"  {PlainText.Of(text)}");
                break;
            case Detail(var text) when _verbose:
                _live.MarkupLineInterpolated($"  [grey]│ {PlainText.Of(text)}[/]");
                break;
            case ProblemSeen(var problem):
                _live.MarkupLineInterpolated($"  [red]{PlainText.Of(problem.ToString())}[/]");
                break;
            case AgentOnline agent:
                _live.MarkupLineInterpolated($"  [green]✓[/] {agent.AgentName} is online ({agent.Online} of {agent.Wanted})");
                break;
        }
    }
}
