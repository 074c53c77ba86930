using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;
using Tidepool.Rehearsal;

namespace Tidepool.Cli.Commands;

/// <summary><c>tidepool expand</c>.</summary>
internal sealed class ExpandCommand
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Argument<string> _file = new("FILE") { Description = "The pipeline's YAML file." };
    private readonly Option<string[]> _parameters = RehearsalArguments.ParametersOption();
    private readonly Option<string[]> _variables = RehearsalArguments.PairsOption("--variables", "A variable that is known before a run. Repeatable.", "NAME=VALUE");
    private readonly Option<string[]> _repositories = RehearsalArguments.PairsOption("--repository", "The folder of a repository that the pipeline names; self is its own. Repeatable.", "ALIAS=FOLDER");
    private readonly Option<string[]> _groups = RehearsalArguments.GroupsOption();
    private readonly Option<string?> _diff = new("--diff") { Description = "Show how the expansion differs from that of a git revision.", HelpName = "REV" };
    private readonly Option<string[]> _others = RehearsalArguments.PairsOption("--diff-parameters", "Show how it would differ with this value for a parameter. Repeatable.", "NAME=VALUE");
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print the YAML only, without where its steps came from." };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON: the YAML, and every step with where it came from." };

    public static Command Create()
    {
        var expand = new ExpandCommand();
        var command = new Command("expand", "Prints a pipeline as Azure Pipelines sees it: templates opened, expressions evaluated, every step a task.")
        {
            expand._file, expand._parameters, expand._variables, expand._repositories, expand._groups, expand._diff, expand._others, expand._quiet, expand._json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(expand._json) && (result.GetValue(expand._diff) is not null || result.GetValue(expand._others) is { Length: > 0 }))
            {
                result.AddError("--json goes with neither --diff nor --diff-parameters.");
            }
        });
        command.SetAction(expand.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var pipeline = new LocalPipeline
        {
            Path = Path.GetFullPath(parsed.GetRequiredValue(_file)),
            Parameters = RehearsalArguments.Pairs(parsed.GetValue(_parameters) ?? []),
            Variables = RehearsalArguments.Pairs(parsed.GetValue(_variables) ?? []),
            Repositories = RehearsalArguments.Folders(parsed, _repositories),
            Groups = RehearsalArguments.Groups(parsed, _groups, needsSecrets: false),
        };
        var others = RehearsalArguments.Pairs(parsed.GetValue(_others) ?? []);
        try
        {
            if (parsed.GetValue(_diff) is not null || others.Count > 0)
            {
                Console.Out.Write(await DiffAsync(pipeline, parsed.GetValue(_diff), others, parsed.GetValue(_quiet), ct));
                return (int)ExitCode.Done;
            }

            var expansion = pipeline.Expand();
            Console.Out.Write(
                parsed.GetValue(_json) ? JsonSerializer.Serialize(Document(expansion), Indented) + "\n"
                : parsed.GetValue(_quiet) ? expansion.Yaml
                : expansion.YamlWithOrigins);
            if (!parsed.GetValue(_quiet))
            {
                foreach (var error in expansion.NotHere)
                {
                    Console.Error.WriteLine($"Cannot run here: {error}");
                }
            }

            return (int)ExitCode.Done;
        }
        catch (PipelineNotValidException e)
        {
            foreach (var error in e.Errors)
            {
                Console.Error.WriteLine(error);
            }

            return (int)ExitCode.Failed;
        }
    }

    private static async Task<string> DiffAsync(
        LocalPipeline pipeline, string? revision, Dictionary<string, string> others, bool quiet, CancellationToken ct)
    {
        var merged = new Dictionary<string, string>(pipeline.Parameters, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in others)
        {
            merged[name] = value;
        }

        var before = revision is null ? pipeline.Expand() : await pipeline.ExpandAtAsync(revision, ct);
        var after = (pipeline with { Parameters = merged }).Expand();
        return UnifiedDiff.Of(
            Path.GetFileName(pipeline.Path) + (revision is null ? "" : $" at {revision}"),
            quiet || revision is not null ? before.Yaml : before.YamlWithOrigins,
            Path.GetFileName(pipeline.Path) + string.Concat(others.Select(o => $" {o.Key}={o.Value}")),
            quiet || revision is not null ? after.Yaml : after.YamlWithOrigins);
    }

    private static object Document(PipelineExpansion expansion) => new
    {
        steps = expansion.Steps.Select(step => new
        {
            step.Stage,
            step.Job,
            step.Task,
            step.Name,
            step.DisplayName,
            at = Place(step.Position),
            via = step.Via.Select(Place),
            value = step.Value is { } value ? Place(value) : null,
        }),
        cannotRunHere = expansion.NotHere.Select(error => error.ToString()),
        yaml = expansion.Yaml,
    };

    private static object Place(SourcePosition position) => new { position.File, position.Line, position.Column };
}
