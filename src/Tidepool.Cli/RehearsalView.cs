using Spectre.Console;
using Tidepool.AzurePipelines;
using Tidepool.Fargate;
using Tidepool.Pipelines.Graph;
using Tidepool.Rehearsal;

namespace Tidepool.Cli;

/// <summary>Shows a rehearsal as it happens on standard error, and its result on standard output.</summary>
internal sealed class RehearsalView : IProgress<RehearsalEvent>
{
    private readonly Lock _writing = new();
    private readonly bool _wantsResultOnly;
    private readonly bool _verbose;
    private readonly LineFilter _lines = new();
    private readonly IAnsiConsole _live = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly IAnsiConsole _result;
    private string? _shownJob;
    private bool _quiet;

    /// <param name="standardOutputTaken">The JSON report goes to standard output, so the tables go to standard error.</param>
    /// <param name="quiet">Show the result only.</param>
    /// <param name="verbose">Show every line that the agents write.</param>
    public RehearsalView(bool standardOutputTaken, bool quiet, bool verbose)
    {
        (_quiet, _wantsResultOnly, _verbose) = (quiet, quiet, verbose);
        _result = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(standardOutputTaken ? Console.Error : Console.Out) });

        // What agents write is not wrapped: a terminal does that itself, and a file has no width. Tables fit a terminal.
        _live.Profile.Width = int.MaxValue;
        if (standardOutputTaken ? Console.IsErrorRedirected : Console.IsOutputRedirected)
        {
            _result.Profile.Width = ResultTables.WidthOfFiles;
        }
    }

    public void Report(RehearsalEvent value)
    {
        lock (_writing)
        {
            // A job that waits may wait for ever, and nothing else would tell for what.
            if (_quiet && value is not RunSeen(JobWaits))
            {
                return;
            }

            try
            {
                Show(value);
            }
            catch (IOException)
            {
                // Standard error is full or its terminal is gone. The rehearsal goes on, and its result says what came of it.
                _quiet = true;
            }
        }
    }

    /// <summary>Draws the tables, writes the report, and with <paramref name="keep"/> waits for Ctrl-C.</summary>
    public async Task ShowResultAsync(
        RehearsalEnvironment environment, RehearsalReport report, ReportFile? json, bool keep, CancellationToken ct)
    {
        await ShowResultAsync(report, json, ct);
        if (keep)
        {
            await KeepAsync(environment, ct);
        }
    }

    /// <summary>Draws the tables and writes the report.</summary>
    public async Task ShowResultAsync(RehearsalReport report, ReportFile? json, CancellationToken ct)
    {
        lock (_writing)
        {
            ResultTables.Write(_result, report, _wantsResultOnly);
        }

        if (json is not null)
        {
            await json.WriteAsync(report, ct);
        }
    }

    private async Task KeepAsync(RehearsalEnvironment environment, CancellationToken ct)
    {
        lock (_writing)
        {
            _live.MarkupLineInterpolated($"[bold]kept[/]");
            _live.MarkupLineInterpolated($"  organization [blue]{environment.Pipelines.OrganizationUrl}[/]");
            _live.MarkupLineInterpolated($"  pool         {environment.Pipelines.Pool} (the token that registers agents is the one in TIDEPOOL_TOKEN, if you set it)");
            _live.MarkupLineInterpolated($"  folder       {environment.Folder}");
            _live.WriteLine("Ctrl-C stops every process and removes every volume.");
        }

        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Ctrl-C is how a kept environment ends; the verdicts are already known.
        }
    }

    private void Show(RehearsalEvent value)
    {
        switch (value)
        {
            case PhaseFinished(var name, var seconds) when name != PipelineRehearsal.Scenario && !DemoScenario.All.Any(scenario => scenario.Name == name):
                _live.MarkupLineInterpolated($"[green]✓[/] {name} [grey]{seconds:0.00} s[/]");
                break;
            case Said(var text):
                _live.MarkupLineInterpolated($"  [grey]{PlainText.Of(text)}[/]");
                break;
            case ScenarioStarted(var name, var what):
                _shownJob = null;
                _live.WriteLine();
                _live.MarkupLineInterpolated($"[bold]{name}[/] {what}");
                break;
            case ScenarioFinished({ } report):
                _live.MarkupLine(report.Ok
                    ? $"  [green]✓[/] {Markup.Escape(report.Observed)}{(report.Observed == report.Expected ? ", as expected" : "")}"
                    : $"  [red]✗[/] {Markup.Escape(report.Observed)}, expected {Markup.Escape(report.Expected)}. {Plain(report.Reason ?? "")}");
                break;
            case TaskSeen({ Kind: TaskStateChangeKind.Task } change)
                when (change.Status, change.DesiredStatus) is (EcsTaskStatus.Running, EcsTaskStatus.Running) or (EcsTaskStatus.Stopped, _):
                _live.MarkupLineInterpolated($"  [grey]task {Short(change.TaskArn)} {change.Status}{Because(change.Reason)}[/]");
                break;
            case TaskSeen({ Kind: TaskStateChangeKind.ContainerRestart } change):
                _live.MarkupLineInterpolated($"  [grey]container {change.ContainerName} of task {Short(change.TaskArn)} is restarted in place[/]");
                break;
            case TaskSeen({ Kind: TaskStateChangeKind.Notice } change):
                _live.MarkupLineInterpolated($"  [yellow]{change.Reason}[/]");
                break;
            case RunSeen(var seen):
                Show(seen);
                break;
        }
    }

    private void Show(RunEvent value)
    {
        switch (value)
        {
            case StageFinished { Result: NodeResult.Skipped } stage:
                _live.MarkupLineInterpolated($"  [yellow]-[/] {PlainText.Of(stage.Stage.DisplayName)} skipped{Because(stage.Reason)}");
                break;
            case JobQueued { MappedFrom: { } from } job:
                _live.MarkupLineInterpolated($"  {Title(job.Stage, job.Job)} {Wish(from)}: it runs in the embedded pool {job.Pool}");
                break;
            case JobWaits job:
                _live.MarkupLineInterpolated($"  [yellow]{Title(job.Stage, job.Job)} waits[/]: {PlainText.Of(job.Reason)}");
                break;
            case RunNotice notice:
                _live.MarkupLineInterpolated($"  [yellow]{PlainText.Of(notice.Text)}[/]");
                break;
            case JobAssigned job:
                _shownJob = null;
                _live.MarkupLineInterpolated($"  [bold]{Title(job.Stage, job.Job)}[/] on [blue]{job.AgentName}[/]");
                break;
            case LogLine line when _verbose || _lines.IsWorthShowing(line):
                Caption(line.Stage, line.Job);
                _live.MarkupLine($"    [grey]│[/] {Log(line.Text)}");
                break;
            case StepStarted step when _verbose || !LineFilter.IsOfTheAgent(step.Step):
                Caption(step.Stage, step.Job);
                _live.MarkupLineInterpolated($"    [grey]▸ {PlainText.Of(step.Step.DisplayName)}[/]");
                break;
            case StepFinished step when _verbose || !LineFilter.IsOfTheAgent(step.Step) || step.Result != NodeResult.Succeeded:
                Caption(step.Stage, step.Job);
                _live.MarkupLine($"    {Mark(step.Result)} {Plain(step.Step.DisplayName)} [grey]{step.Duration.TotalSeconds:0.00} s[/]");
                break;
            case JobFinished { Result: not (NodeResult.Succeeded or NodeResult.Skipped) } job:
                _live.MarkupLine($"  {Mark(job.Result)} {Markup.Escape(Title(job.Stage, job.Job))} {RunReports.Word(job.Result)}{Markup.Escape(Because(job.Reason))}");
                break;
        }
    }

    /// <summary>Names the job before its lines where another job's lines came between.</summary>
    private void Caption(NodeName stage, NodeName job)
    {
        var name = Title(stage, job);
        if (_shownJob is not null && _shownJob != name)
        {
            _live.MarkupLineInterpolated($"  [bold]{name}[/]");
        }

        _shownJob = name;
    }

    private static string Title(NodeName stage, NodeName job) => PlainText.Of(RunReports.Title(stage, job));

    private static string Short(string taskArn) => RehearsalEnvironment.TaskId(taskArn)[..8];

    private static string Because(string? reason) => reason is null ? "" : $": {PlainText.Of(reason)}";

    /// <summary>What a job asks for that is not the embedded pool, in words.</summary>
    private static string Wish(string mappedFrom) => mappedFrom == "no pool" ? "names no pool"
        : mappedFrom.StartsWith("vmImage", StringComparison.Ordinal) ? $"asks for {mappedFrom}"
        : $"asks for the pool {mappedFrom}";

    private static string Log(string text) => text switch
    {
        _ when text.StartsWith("##[error]", StringComparison.Ordinal) => $"[red]error: {Plain(text[9..])}[/]",
        _ when text.StartsWith("##[warning]", StringComparison.Ordinal) => $"[yellow]warning: {Plain(text[11..])}[/]",
        _ when text.StartsWith("##[debug]", StringComparison.Ordinal) => $"[grey]{Plain(text[9..])}[/]",
        _ when text.StartsWith("##[command]", StringComparison.Ordinal) => $"[grey]{Plain(text[11..])}[/]",
        _ when text.StartsWith("##[group]", StringComparison.Ordinal) => $"[bold]{Plain(text[9..])}[/]",
        _ when text.StartsWith("##[section]", StringComparison.Ordinal) => $"[bold]{Plain(text[11..])}[/]",
        _ => Plain(text),
    };

    private static string Plain(string text) => Markup.Escape(PlainText.Of(text));

    private static string Mark(NodeResult result) => result switch
    {
        NodeResult.Succeeded => "[green]✓[/]",
        NodeResult.SucceededWithIssues => "[yellow]![/]",
        NodeResult.Skipped => "[yellow]-[/]",
        _ => "[red]✗[/]",
    };
}
