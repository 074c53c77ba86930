using System.Text.Json;
using Tidepool.AzurePipelines.Library;
using Tidepool.AzurePipelines.Pools;
using Tidepool.AzurePipelines.Repositories;
using Tidepool.AzurePipelines.Runs;
using Tidepool.AzurePipelines.State;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Compile;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;
using RunVariables = Tidepool.AzurePipelines.Runs.RunVariables;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Makes runs of what clients ask for: finds the commit, reads the pipeline in it, and starts it.</summary>
internal sealed class RunQueue(PipelinesServiceOptions options, RepositoryDirectory repositories, RunDirectory runs, ITaskCatalog tasks, VariableGroups groups)
{
    private const string GroupMend =
        "Make it in this service: 'tidepool run' takes --variable-group NAME=FILE, other clients POST it to _apis/distributedtask/variablegroups.";

    /// <summary>Set once the service listens.</summary>
    public Uri? Organization { get; set; }

    /// <summary>Starts a run.</summary>
    /// <exception cref="PipelineNotValidException">The pipeline is not valid.</exception>
    /// <exception cref="WireException">There is no such commit or file, or the request asks for what is not offered.</exception>
    public async Task<RunLoop> StartAsync(PipelineDefinition definition, RunParameters wanted, CancellationToken ct)
    {
        Check(wanted);
        var request = await ReadAsync(definition, wanted, groups.ByName(), ct);
        return runs.Start(request, Organization!, Pinned(wanted, request));
    }

    /// <summary>Brings back the runs of a service that ended: first all are what they were, then all go on.</summary>
    public async Task RestoreAsync(ServiceStore store, AgentPool pool, CancellationToken ct)
    {
        pool.BeginRestore(store);
        var restored = new List<RunLoop>();
        foreach (var stored in store.Runs())
        {
            runs.GoOnAfter(stored.Id);
            try
            {
                var (definition, known) = (runs.Definitions.Find(stored.DefinitionId)!, stored.Groups ?? groups.ByName());
                restored.Add(runs.Restore(stored, await ReadAsync(definition, stored.Wanted, known, ct), Organization!));
            }
            catch (Exception e) when (e is WireException or PipelineNotValidException or ProblemException or InvalidOperationException)
            {
                // Its repository is gone, or another version of Tidepool reads it in another way: the others go on.
                options.OnFault?.Invoke($"run {stored.Id} could not be brought back: {e.Message}");
            }
        }

        pool.EndRestore();
        foreach (var run in restored)
        {
            run.Start();
            run.Reconcile();
        }
    }

    /// <summary>The same wish with the commit that it meant.</summary>
    private static RunParameters Pinned(RunParameters wanted, RunRequest request) => wanted with
    {
        Resources = new()
        {
            Repositories = new Dictionary<string, RunRepository>(wanted.Resources?.Repositories ?? new Dictionary<string, RunRepository>())
            {
                [RunRequest.Self] = new() { RefName = request.SourceBranch, Version = request.SourceVersion },
            },
        },
    };

    /// <summary>The expanded pipeline as a run of it would have it; of another text where <c>yamlOverride</c> has one.</summary>
    /// <exception cref="WireException">The pipeline is not valid, or as for <see cref="StartAsync"/>.</exception>
    public async Task<string> PreviewAsync(PipelineDefinition definition, RunParameters wanted, CancellationToken ct)
    {
        try
        {
            var at = await FindAsync(definition, wanted, ct);
            return await FilesOf(at, wanted.YamlOverride).ReadAsync(from => FinalYaml(Source(at, from, wanted, groups.ByName())), ct);
        }
        catch (PipelineNotValidException e)
        {
            throw Refusal.PipelineNotValid(string.Join('\n', e.Errors));
        }
    }

    private static string FinalYaml(PipelineSource source)
    {
        var errors = new PipelineErrors();
        var root = Expander.Expand(source, errors);
        if (root is not null)
        {
            _ = PipelineReader.ReadExpanded(root, source, errors);
        }

        errors.ThrowIfAny();
        return YamlWriter.Write(CanonicalDocument.Of(root!));
    }

    private async Task<RunRequest> ReadAsync(
        PipelineDefinition definition, RunParameters wanted, IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> known, CancellationToken ct)
    {
        var at = await FindAsync(definition, wanted, ct);
        var pipeline = await FilesOf(at, yaml: null).ReadAsync(from => PipelineReader.Read(Source(at, from, wanted, known)), ct);
        return new()
        {
            Pipeline = wanted.StagesToSkip is { Count: > 0 } skipped ? Without(pipeline, skipped) : pipeline,
            DefinitionName = definition.Name,
            DefinitionId = definition.Id,
            RepositoryName = at.Repository,
            SourceVersion = at.Commit.Sha,
            SourceBranch = at.Branch,
            SourceVersionMessage = at.Commit.Subject,
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

    /// <param name="at">The pipeline.</param>
    /// <param name="yaml">The pipeline's text in place of its file's; null for the file's.</param>
    private GatheredFiles FilesOf(PipelinePlace at, string? yaml) => new(
        async (alias, file, ct) => alias != RunRequest.Self ? null
            : yaml is { Length: > 0 } && file == $"/{at.Path}" ? yaml
            : await repositories.ReadAsync(at.Repository, at.Commit.Sha, file.TrimStart('/'), ct),
        alias => alias == RunRequest.Self ? $"{at}" : $"repository {alias}, which is not in this project");

    private static Dictionary<string, IReadOnlyList<GroupVariable>> Named(
        IReadOnlyList<string> names, IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> known) =>
        known.Where(group => names.Contains(group.Key, StringComparer.OrdinalIgnoreCase)).ToDictionary(group => group.Key, group => group.Value);

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

    /// <summary>The pipeline with some stages that do not run; those that depend on one depend on what it depended on.</summary>
    /// <remarks>Inferred: the reference says no more of <c>stagesToSkip</c> than its name.</remarks>
    private static Pipeline Without(Pipeline pipeline, IReadOnlyList<string> skipped)
    {
        foreach (var name in skipped)
        {
            var stage = pipeline.Stages.FirstOrDefault(stage => stage.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                ?? throw Refusal.PipelineNotValid($"Stage {name} is to be skipped, and the pipeline has no such stage.");
            pipeline = pipeline with
            {
                Stages =
                [
                    .. pipeline.Stages.Select(other => other == stage
                        ? other with { Condition = "false" }
                        : other with { DependsOn = [.. other.DependsOn.SelectMany(before => Same(before, name) ? stage.DependsOn : [before]).Distinct()] }),
                ],
            };
        }

        return pipeline;
    }

    private static bool Same(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    /// <summary>Starts a run; a pipeline that is not valid is a refusal.</summary>
    /// <exception cref="WireException">The pipeline is not valid, or as for <see cref="StartAsync"/>.</exception>
    public async Task<RunLoop> StartOrRefuseAsync(PipelineDefinition definition, RunParameters wanted, CancellationToken ct)
    {
        try
        {
            return await StartAsync(definition, wanted, ct);
        }
        catch (PipelineNotValidException e)
        {
            throw Refusal.PipelineNotValid(string.Join('\n', e.Errors));
        }
    }

    private void Check(RunParameters wanted)
    {
        if (wanted.YamlOverride is { Length: > 0 })
        {
            throw Refusal.BadRequest("yamlOverride goes with previewRun only: what runs is in the repository.");
        }

        if (wanted.Resources?.Repositories?.Keys.FirstOrDefault(alias => alias != "self") is { } other)
        {
            throw Refusal.BadRequest($"A run here has one repository, self; '{other}' is not offered.");
        }

        if (wanted.PoolMap?.FirstOrDefault(pair => !options.Pool.Equals(pair.Value, StringComparison.OrdinalIgnoreCase)) is { Key: { } name } pair)
        {
            throw Refusal.BadRequest($"The pool map sends {name} to the pool {pair.Value}, which is not here.");
        }
    }

    private static Dictionary<string, string> Parameters(RunParameters wanted) => (wanted.TemplateParameters ?? new Dictionary<string, JsonElement>()).ToDictionary(
        pair => pair.Key,
        pair => pair.Value.ValueKind == JsonValueKind.String ? pair.Value.GetString()! : pair.Value.GetRawText(),
        StringComparer.OrdinalIgnoreCase);

    private static Dictionary<string, string> Values(RunParameters wanted, bool secret) => (wanted.Variables ?? new Dictionary<string, RunVariable>())
        .Where(pair => (pair.Value?.IsSecret ?? false) == secret)
        .ToDictionary(pair => pair.Key, pair => pair.Value?.Value ?? "", StringComparer.OrdinalIgnoreCase);
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
