using System.CommandLine;
using System.Globalization;
using Tidepool.Pipelines.Explain;
using Tidepool.Pipelines.Graph;
using Tidepool.Rehearsal;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool explain</c>.</summary>
internal sealed class ExplainCommand
{
    private readonly Argument<string> _what = new("FILE|RUN|REPORT")
    {
        Description = "A pipeline's YAML file; the number of a run on the environment that serve keeps up; or a report (.json) that rehearse or run wrote.",
    };

    private readonly Option<string[]> _results = new("--result")
    {
        Description = "Of a file: assume that this job, or every job of this stage, ends so (Succeeded, SucceededWithIssues, Failed, Canceled). Repeatable. Others succeed.",
        HelpName = "STAGE[.JOB]=RESULT",
    };

    private readonly Option<string[]> _outputs = RehearsalArguments.PairsOption(
        "--output", "Of a file: assume that this step sets this output variable. Repeatable. Others are Null.", "[STAGE.]JOB.STEP.NAME=VALUE");

    private readonly Option<string[]> _variables = new("--variables")
    {
        Description = "Of a file: a predefined or queue-time variable. Repeatable.",
        HelpName = "NAME=VALUE",
    };

    private readonly Option<string?> _environment = new("--environment")
    {
        Description = "Of a run: which served environment, where there are several: its folder, or a URL that serve printed.",
        HelpName = "FOLDER|URL",
    };

    private readonly Option<string[]> _repositories = RehearsalArguments.PairsOption(
        "--repository", "Of a file: the folder of a repository that the pipeline names; self is its own. Repeatable.", "ALIAS=FOLDER");

    private readonly Option<string[]> _groups = RehearsalArguments.GroupsOption();
    private readonly Option<string[]> _parameters = RehearsalArguments.ParametersOption();
    private readonly Option<string?> _json = new("--json")
    {
        Description = "Write the explanation as JSON to FILE; - is standard output.",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var explain = new ExplainCommand();
        var command = new Command("explain", "Says of each stage and job why it runs, waits or does not: its condition with every value, and which agent is nearest.")
        {
            explain._what, explain._results, explain._outputs, explain._variables, explain._parameters, explain._repositories, explain._groups, explain._environment, explain._json,
        };
        explain._results.Validators.Add(result =>
        {
            if (RehearsalArguments.ParsePairs(result, "--result", "STAGE[.JOB]=RESULT")
                && result.Tokens.FirstOrDefault(token => ResultOf(token.Value[(token.Value.IndexOf('=', StringComparison.Ordinal) + 1)..]) is null) is { } wrong)
            {
                result.AddError($"--result is '{wrong.Value}'; the result must be one of {string.Join(", ", Enum.GetNames<NodeResult>())}.");
            }
        });
        explain._variables.Validators.Add(result => _ = RehearsalArguments.ParsePairs(result, "--variables", "NAME=VALUE"));
        command.SetAction(explain.RunAsync);
        return command;
    }

    private static NodeResult? ResultOf(string text) =>
        Enum.GetNames<NodeResult>().FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } name ? Enum.Parse<NodeResult>(name) : null;

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var json = RehearsalArguments.Report(parsed, _json);
        var all = await ExplainAsync(parsed, parsed.GetRequiredValue(_what), ct);
        if (json is not null)
        {
            await json.WriteAsync(all is [var only] ? only.ToJson() : $"[{string.Join(",\n", all.Select(one => one.ToJson()))}]", ct);
        }

        if (json?.IsStandardOutput != true)
        {
            foreach (var explanation in all)
            {
                ExplainView.Write(explanation);
            }
        }

        return (int)ExitCode.Done;
    }

    private async Task<IReadOnlyList<RunExplanation>> ExplainAsync(ParseResult parsed, string what, CancellationToken ct)
    {
        if (int.TryParse(what, NumberStyles.None, CultureInfo.InvariantCulture, out var runId) && !File.Exists(what))
        {
            var environment = ServedEnvironments.Find(StateFolder.Find(Environment.GetEnvironmentVariable), parsed.GetValue(_environment));
            return [await RunExplanations.OfRunAsync(environment, runId, ct)];
        }

        var path = Path.GetFullPath(what);
        if (!File.Exists(path))
        {
            throw new ProblemException("REHEARSAL004", $"There is no pipeline {path}.", "Name an existing YAML file.");
        }

        return path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            ? await RunExplanations.OfReportAsync(path, ct)
            : [
                RunExplanations.OfFile(
                    new()
                    {
                        Path = path,
                        Parameters = RehearsalArguments.Pairs(parsed.GetValue(_parameters) ?? []),
                        Variables = RehearsalArguments.Pairs(parsed.GetValue(_variables) ?? []),
                        Repositories = RehearsalArguments.Folders(parsed, _repositories),
                        Groups = RehearsalArguments.Groups(parsed, _groups, needsSecrets: false),
                    },
                    RehearsalArguments.Pairs(parsed.GetValue(_results) ?? []).ToDictionary(pair => pair.Key, pair => ResultOf(pair.Value)!.Value, StringComparer.OrdinalIgnoreCase),
                    RehearsalArguments.Pairs(parsed.GetValue(_outputs) ?? []),
                    TimeProvider.System),
            ];
    }
}
