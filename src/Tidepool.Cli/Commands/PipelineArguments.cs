using System.CommandLine;
using Tidepool.Pipelines.Graph;
using Tidepool.Rehearsal;

namespace Tidepool.Cli.Commands;

/// <summary>The options of <c>rehearse</c> and <c>compare</c> that say what a pipeline is given.</summary>
internal sealed class PipelineArguments
{
    private readonly Option<string[]> _parameters = RehearsalArguments.ParametersOption();
    private readonly Option<string[]> _variables = RehearsalArguments.PairsOption("--variables", "A variable, as given when a run is queued. Repeatable.", "NAME=VALUE");

    private readonly Option<string[]> _secretFiles = RehearsalArguments.PairsOption(
        "--secret-file", "A secret variable, whose value is the one line of a file. Repeatable.", "NAME=FILE");

    private readonly Option<string[]> _repositories = RehearsalArguments.PairsOption(
        "--repository", "The folder of a repository that the pipeline names under resources. Repeatable.", "ALIAS=FOLDER");

    private readonly Option<string[]> _groups = RehearsalArguments.GroupsOption();

    public PipelineArguments(Command command)
    {
        foreach (var option in new Option[] { _parameters, _variables, _secretFiles, _repositories, _groups })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>A pipeline with what it is given.</summary>
    /// <exception cref="ProblemException">A file or a folder of an option cannot be used.</exception>
    public RehearsedPipeline Pipeline(ParseResult parsed, string file, PipelineSelection selection) => new()
    {
        Path = Path.GetFullPath(file),
        Parameters = RehearsalArguments.Pairs(parsed.GetValue(_parameters) ?? []),
        Repositories = RehearsalArguments.Clones(parsed, _repositories),
        Groups = RehearsalArguments.Groups(parsed, _groups, needsSecrets: true),
        Inputs = new()
        {
            Variables = RehearsalArguments.Pairs(parsed.GetValue(_variables) ?? []),
            Secrets = SecretFiles.Read(RehearsalArguments.Pairs(parsed.GetValue(_secretFiles) ?? [])),
            Selection = selection,
        },
    };
}
