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
    private const double NoDelays = 0;

    private readonly Option<string> _endpoint = new("--endpoint")
    {
        Description = "'local' starts an environment of its own; a URL is one that is up, as 'tidepool serve' prints it.",
        HelpName = "local|URL",
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

    private CompareCommand()
    {
        _endpoint.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not Local and var url }] && !(Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            {
                result.AddError($"--endpoint is '{url}'; it must be local, or a URL such as http://127.0.0.1:4566.");
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
        var compare = new CompareCommand();
        var command = new Command(
            "compare",
            "Compares bind mount, EBS and EFS: who sees the data, what it survives, what it costs, and which one your pipeline needs. Exit code 1 when something is not as AWS says.")
        {
            compare._endpoint, compare._only, compare._json, compare._html, compare._markdown, compare._runtime, compare._image, compare._quiet,
        };
        var cost = new CostArguments(command);
        command.SetAction((parsed, ct) => compare.RunAsync(parsed, cost.Wish(parsed), ct));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CostWish cost, CancellationToken ct)
    {
        var only = parsed.GetValue(_only) ?? [];
        var scenarios = ComparisonScenarios.All.Where(scenario => only.Length == 0 || only.Contains(scenario.Id)).ToList();
        var outputs = new[] { _json, _html, _markdown }.Select(option => parsed.GetValue(option) is { } path ? ReportFile.Of(path) : null).ToArray();
        if (outputs.Count(output => output?.IsStandardOutput is true) > 1)
        {
            throw new ProblemException("CLI012", "Two reports go to standard output.", "Give '-' to one of --json, --html and --markdown only.");
        }

        var view = new ComparisonView(outputs.Any(output => output?.IsStandardOutput is true), parsed.GetValue(_quiet));
        var wish = new LocalWish(RehearsalArguments.Runtime(parsed, _runtime), parsed.GetValue(_image), null, NoDelays, null, null);
        IReadOnlyList<Probe> cells = [.. scenarios.SelectMany(scenario => ComparedStorage.All.Select(scenario.On))];
        var report = parsed.GetRequiredValue(_endpoint) switch
        {
            Local => await LocalVerification.OfOwnEnvironmentAsync(wish, cells, view, CompareAsync, ct),
            var url => await LocalVerification.OfServedAsync(new(url), wish, cells, CompareAsync, ct),
        };
        report = report with { Cost = ComparisonCost.Of(cost) };
        view.Show(report);

        // A report that was cut short is one too.
        foreach (var (output, text) in outputs.Zip<ReportFile?, Func<string>>([report.ToJson, () => ComparisonPage.Of(report), () => ComparisonMarkdown.Of(report)]))
        {
            await (output?.WriteAsync(text(), CancellationToken.None) ?? Task.CompletedTask);
        }

        return (int)(ct.IsCancellationRequested ? ExitCode.Interrupted : report.HasDifference ? ExitCode.Failed : ExitCode.Done);

        Task<ComparisonReport> CompareAsync(VerificationPlace place, ProbeSetting setting) =>
            new StorageComparison(place, setting, view, TimeProvider.System).RunAsync(scenarios, null, ct);
    }

    private static Option<string?> Output(string name, string description) => new(name)
    {
        Description = $"{description} '-' is standard output.",
        HelpName = "FILE",
    };
}
