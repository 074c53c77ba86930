using System.Text.Json;
using Tidepool.AzurePipelines.Repositories;
using Tidepool.AzurePipelines.Runs;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Compile;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;
using RunVariables = Tidepool.AzurePipelines.Runs.RunVariables;

namespace Tidepool.AzurePipelines.Api;

/// <summary>How a pipeline is read from the project's repositories.</summary>
internal sealed partial class RunQueue
{
    private const string GroupMend =
        "Make it in this service: 'tidepool run' takes --variable-group NAME=FILE, other clients POST it to _apis/distributedtask/variablegroups.";

    /// <summary>The expanded pipeline as a run of it would have it; of another text where <c>yamlOverride</c> has one.</summary>
    /// <exception cref="WireException">The pipeline is not valid, or as for <see cref="StartAsync"/>.</exception>
    public async Task<string> PreviewAsync(PipelineDefinition definition, RunParameters wanted, CancellationToken ct)
    {
        try
        {
            var at = await FindAsync(definition, wanted, ct);
            var others = new RunRepositories(options, repositories, wanted);
            var (root, _) = await ReadAsync(at, from => Source(at, from, wanted, groups.ByName()), others, wanted.YamlOverride, ct);
            return YamlWriter.Write(CanonicalDocument.Of(root));
        }
        catch (PipelineNotValidException e)
        {
            throw Refusal.PipelineNotValid(string.Join('\n', e.Errors));
        }
    }

    private async Task<RunRequest> ReadAsync(
        PipelineDefinition definition, RunParameters wanted, IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> known, CancellationToken ct)
    {
        var at = await FindAsync(definition, wanted, ct);
        var others = new RunRepositories(options, repositories, wanted);
        var (_, pipeline) = await ReadAsync(at, from => Source(at, from, wanted, known), others, yaml: null, ct);
        var served = await others.AllAsync(pipeline, ct);
        return new()
        {
            Pipeline = wanted.StagesToSkip is { Count: > 0 } skipped ? Without(pipeline, skipped) : pipeline,
            DefinitionName = definition.Name,
            DefinitionId = definition.Id,
            RepositoryName = at.Repository,
            SourceVersion = at.Commit.Sha,
            SourceBranch = at.Branch,
            SourceVersionMessage = at.Commit.Subject,
            Repositories = served,
            Groups = Named(pipeline.Groups, known),
            Variables = Values(wanted, secret: false),
            Secrets = Values(wanted, secret: true),
            PoolMap = wanted.PoolMap,
        };
    }

    private async Task<PipelinePlace> FindAsync(PipelineDefinition definition, RunParameters wanted, CancellationToken ct)
    {
        var (repository, path) = (definition.Repository, definition.Path);
        if (repository is null || path is null)
        {
            throw Refusal.BadRequest($"Pipeline {definition.Name} has no YAML file in a repository of this project.");
        }

        var self = wanted.Resources?.Repositories?.GetValueOrDefault(RunRequest.Self);
        var branch = self?.RefName ?? RepositoryDirectory.DefaultBranch;
        var commit = await repositories.FindCommitAsync(repository, self?.Version ?? branch, ct)
            ?? throw Refusal.BadRequest($"Repository {repository} has no commit {self?.Version ?? branch}.");
        var at = new PipelinePlace(repository, branch, commit, path);
        return wanted.YamlOverride is { Length: > 0 } || await repositories.ReadAsync(repository, commit.Sha, path, ct) is not null
            ? at
            : throw Refusal.PipelineNotValid($"File /{path} not found in {at}.");
    }

    /// <summary>Reads a pipeline with the templates that it names, of its own repository and of others.</summary>
    /// <param name="at">Where it is.</param>
    /// <param name="source">All that its reading depends on, with the files that it is given.</param>
    /// <param name="others">The other repositories.</param>
    /// <param name="yaml">The pipeline's text in place of its file's; null for the file's.</param>
    /// <param name="ct">Ends the reading.</param>
    /// <exception cref="PipelineNotValidException">The pipeline is not valid.</exception>
    private Task<(YamlNode Root, Pipeline Pipeline)> ReadAsync(
        PipelinePlace at, Func<IPipelineFiles, PipelineSource> source, RunRepositories others, string? yaml, CancellationToken ct)
    {
        var files = new GatheredFiles(
            async (alias, file, fileCt) =>
            {
                if (alias == RunRequest.Self)
                {
                    return yaml is { Length: > 0 } && file == $"/{at.Path}" ? yaml : await TextAsync(at.Repository, at.Commit.Sha, file, fileCt);
                }

                return await others.FindAsync(alias, fileCt) is { } other ? await TextAsync(other.Name, other.Version, file, fileCt) : null;
            },
            alias => alias == RunRequest.Self ? $"{at}" : others.Describe(alias));
        return files.ReadAsync(
            from =>
            {
                var (errors, whole) = (new PipelineErrors(), source(from));
                var root = Expander.Expand(whole, errors);
                var pipeline = root is null ? new Pipeline() : PipelineReader.ReadExpanded(root, whole, errors);

                // Which file of which repository is wanted is known before the pipeline is whole.
                others.Declare(pipeline.Resources.Repositories);
                errors.ThrowIfAny();
                return (root!, pipeline);
            },
            ct);
    }

    private Task<string?> TextAsync(string repository, string commit, string file, CancellationToken ct) =>
        repositories.ReadAsync(repository, commit, file.TrimStart('/'), ct);

    private PipelineSource Source(
        PipelinePlace at, IPipelineFiles files, RunParameters wanted, IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> known) => new()
        {
            File = $"/{at.Path}",
            Files = files,
            Parameters = Parameters(wanted),
            Variables = RunVariables.OfTemplates(at.Repository, at.Branch, at.Commit.Sha),
            Groups = known,
            GroupMend = GroupMend,
            Tasks = tasks,
        };

    private static Dictionary<string, IReadOnlyList<GroupVariable>> Named(
        IReadOnlyList<string> names, IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> known) =>
        known.Where(group => names.Contains(group.Key, StringComparer.OrdinalIgnoreCase)).ToDictionary(group => group.Key, group => group.Value);

    private static Dictionary<string, string> Parameters(RunParameters wanted) => (wanted.TemplateParameters ?? new Dictionary<string, JsonElement>()).ToDictionary(
        pair => pair.Key,
        pair => pair.Value.ValueKind == JsonValueKind.String ? pair.Value.GetString()! : pair.Value.GetRawText(),
        StringComparer.OrdinalIgnoreCase);
}

/// <summary>Where a pipeline is.</summary>
/// <param name="Repository">Its repository's name.</param>
/// <param name="Branch">As in <c>refs/heads/main</c>.</param>
/// <param name="Commit">The commit.</param>
/// <param name="Path">The file, without a leading slash.</param>
internal sealed record PipelinePlace(string Repository, string Branch, CommitFacts Commit, string Path)
{
    public override string ToString() => $"repository {Repository} branch {Branch} version {Commit.Sha}";
}
