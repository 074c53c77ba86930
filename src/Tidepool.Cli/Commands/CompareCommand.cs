using System.CommandLine;
using Tidepool.Comparison;
using Tidepool.Deployment.Verification;
using Tidepool.Rehearsal;
using Tidepool.Storage.Comparison;
using Tidepool.Storage.Probes;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool compare</c>: bind mount, EBS and EFS, every claim tried.</summary>
internal sealed class CompareCommand
{
    private const string Local = "local";
    private const string OnAws = "aws";
    private const double NoDelays = 0;

    private readonly Option<string> _endpoint = new("--endpoint")
    {
        Description = "Where: local (an environment of its own), aws (your account), or the URL of a 'tidepool serve'.",
        HelpName = "local|aws|URL",
        DefaultValueFactory = _ => Local,
    };

    private readonly Option<string[]> _only = new("--only")
    {
        Description = $"Only these scenarios: {string.Join(", ", ComparisonScenarios.All.Select(scenario => scenario.Id))}.",
        HelpName = "SCENARIO",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _json = RehearsalArguments.JsonOption();
    private readonly Option<string?> _html = Output("--html", "Write the report as one page.");
    private readonly Option<string?> _markdown = Output("--markdown", "Write the report in Markdown, without what changes from run to run.");
    private readonly Option<string> _runtime = RehearsalArguments.RuntimeOption("sandbox");
    private readonly Option<string?> _image = new("--image") { Description = "The image of the tasks, with sh and coreutils or busybox.", HelpName = "REF" };
    private readonly Option<bool> _quiet = RehearsalArguments.QuietOption();

    private readonly Option<string?> _pipeline = new("--pipeline")
    {
        Description = $"The pipeline that is judged, in its git repository. [default: {Demo.PipelineFile} of Tidepool]",
        HelpName = "FILE",
    };

    private readonly Option<bool> _noPipeline = new("--no-pipeline") { Description = "Judge no pipeline." };
    private readonly Option<bool> _noSpeed = new("--no-speed") { Description = "Measure no speed." };
    private readonly PipelineArguments _inputs;
    private readonly CostArguments _cost;
    private readonly AccountArguments _account;

    private CompareCommand(Command command)
    {
        foreach (var option in new Option[] { _pipeline, _noPipeline, _noSpeed, _only, _json, _html, _markdown, _endpoint, _runtime, _image, _quiet })
        {
            command.Options.Add(option);
        }

        _inputs = new(command);
        _cost = new(command);
        _account = new(command);
        _endpoint.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not (Local or OnAws) and var url }] && !(Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            {
                result.AddError($"--endpoint is '{url}'; it must be local, aws, or a URL such as http://127.0.0.1:4566.");
            }
        });
        _only.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !ComparisonScenarios.All.Any(scenario => scenario.Id == token.Value)))
            {
                result.AddError($"--only names '{token.Value}', and there is no such scenario; 'tidepool compare --help' names them.");
            }
        });
    }

    public static Command Create()
    {
        var command = new Command(
            "compare",
            "Compares bind mount, EBS and EFS: who sees the data, what it survives, how fast it is, what it costs, and which one your pipeline needs. Exit code 1 when something is not as AWS says.");
        var compare = new CompareCommand(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(compare._noPipeline) && result.GetResult(compare._pipeline) is not null)
            {
                result.AddError("--pipeline and --no-pipeline do not go together.");
            }
        });
        command.SetAction(compare.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var only = parsed.GetValue(_only) ?? [];
        var scenarios = ComparisonScenarios.All.Where(scenario => only.Length == 0 || only.Contains(scenario.Id)).ToList();
        var outputs = new[] { _json, _html, _markdown }.Select(option => RehearsalArguments.Report(parsed, option)).ToArray();
        if (outputs.Count(output => output?.IsStandardOutput is true) > 1)
        {
            throw new ProblemException("CLI012", "Two reports go to standard output.", "Give '-' to one of --json, --html and --markdown only.");
        }

        var cost = ComparisonCost.Of(_cost.Wish(parsed));
        var pipeline = parsed.GetValue(_noPipeline) ? null : Pipeline(parsed);
        var view = new ComparisonView(outputs.Any(output => output?.IsStandardOutput is true), parsed.GetValue(_quiet));
        var wish = new LocalWish(
            RehearsalArguments.Runtime(parsed, _runtime), parsed.GetValue(_image), null, NoDelays, _account.FileSystem(parsed), _account.AccessPoint(parsed));
        var (isAws, withSpeed) = (parsed.GetRequiredValue(_endpoint) is OnAws, !parsed.GetValue(_noSpeed));
        IReadOnlyList<Probe> cells =
        [
            .. scenarios.SelectMany(scenario => ComparedStorage.All.Select(scenario.On)),
            .. withSpeed ? SpeedMeasurement.Probes(isAws) : [],
        ];
        var report = parsed.GetRequiredValue(_endpoint) switch
        {
            OnAws => await _account.UseAsync(parsed, wish.Image, wish.ImageVolume, cells, view, CompareAsync, ct),
            Local => await LocalVerification.OfOwnEnvironmentAsync(wish, cells, view, CompareAsync, ct),
            var url => await LocalVerification.OfServedAsync(new(url), wish, cells, CompareAsync, ct),
        };
        if (report is null)
        {
            return (int)ExitCode.Failed;
        }

        report = await JudgeAsync(report with { Cost = cost }, pipeline, parsed, view, ct);
        view.Show(report);

        // A report that was cut short is one too.
        foreach (var (output, text) in outputs.Zip<ReportFile?, Func<string>>([report.ToJson, () => ComparisonPage.Of(report), () => ComparisonMarkdown.Of(report)]))
        {
            await (output?.WriteAsync(text(), CancellationToken.None) ?? Task.CompletedTask);
        }

        return (int)(ct.IsCancellationRequested ? ExitCode.Interrupted : report.HasDifference ? ExitCode.Failed : ExitCode.Done);

        Task<ComparisonReport> CompareAsync(VerificationPlace place, ProbeSetting setting) => new StorageComparison(place, setting, view, TimeProvider.System).RunAsync(
            scenarios,
            withSpeed ? async (session, filled) => filled with { Speed = await SpeedMeasurement.RunAsync(session, isAws, view.Measured, ct) } : null,
            ct);
    }

    private RehearsedPipeline Pipeline(ParseResult parsed)
    {
        var file = parsed.GetValue(_pipeline) ?? Path.Combine(Installation.Root, Demo.PipelineFile);
        return File.Exists(file)
            ? _inputs.Pipeline(parsed, file, new())
            : throw new ProblemException("CLI013", $"--pipeline is {file}, and there is no such file.", "Name a pipeline's YAML file.");
    }

    private async Task<ComparisonReport> JudgeAsync(ComparisonReport report, RehearsedPipeline? pipeline, ParseResult parsed, ComparisonView view, CancellationToken ct)
    {
        if (pipeline is null || report.Partial is not null)
        {
            return report;
        }

        var since = TimeProvider.System.GetTimestamp();
        try
        {
            var judged = await PipelineComparison.RunAsync(
                RehearsalArguments.Plain(Path.GetDirectoryName(pipeline.Path) ?? "/") with { Runtime = RehearsalArguments.Runtime(parsed, _runtime) },
                pipeline,
                report.Cost,
                TimeProvider.System,
                view,
                ct);
            return report with { Pipeline = judged, Seconds = report.Seconds + Math.Round(TimeProvider.System.GetElapsedTime(since).TotalSeconds, 3) };
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return report with { Partial = "It was stopped while the pipeline ran: there is no verdict for it." };
        }
    }

    private static Option<string?> Output(string name, string description) => new(name)
    {
        Description = $"{description} '-' is standard output.",
        HelpName = "FILE",
    };
}
