using System.Text.Json;
using Tidepool.AzurePipelines.Repositories;
using Tidepool.AzurePipelines.Runs;
using Tidepool.Pipelines;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Makes runs of what clients ask for: finds the commit, reads the pipeline in it, and starts it.</summary>
internal sealed class RunQueue(PipelinesServiceOptions options, RepositoryDirectory repositories, RunDirectory runs)
{
    /// <summary>Set once the service listens.</summary>
    public Uri? Organization { get; set; }

    /// <summary>Starts a run.</summary>
    /// <exception cref="PipelineNotValidException">The pipeline is not valid.</exception>
    /// <exception cref="WireException">There is no such commit or file, or the request asks for what is not offered.</exception>
    public async Task<RunLoop> StartAsync(PipelineDefinition definition, RunParameters wanted, CancellationToken ct)
    {
        Check(wanted);
        var (repository, path) = (definition.Repository, definition.Path);
        if (repository is null || path is null)
        {
            throw Refusal.BadRequest($"Pipeline {definition.Name} has no YAML file in a repository of this project.");
        }

        var self = wanted.Resources?.Repositories?.GetValueOrDefault("self");
        var branch = self?.RefName ?? RepositoryDirectory.DefaultBranch;
        var commit = await repositories.FindCommitAsync(repository, self?.Version ?? branch, ct)
            ?? throw Refusal.BadRequest($"Repository {repository} has no commit {self?.Version ?? branch}.");
        var where = $"repository {repository} branch {branch} version {commit.Sha}";
        _ = await repositories.ReadAsync(repository, commit.Sha, path, ct)
            ?? throw Refusal.PipelineNotValid($"File /{path} not found in {where}.");
        var files = new GatheredFiles(
            async (alias, file, fetchCt) => alias == "self" ? await repositories.ReadAsync(repository, commit.Sha, file.TrimStart('/'), fetchCt) : null,
            alias => alias == "self" ? where : $"repository {alias}, which is not in this project");
        var pipeline = await files.ReadAsync(
            from => PipelineReader.Read(new PipelineSource
            {
                File = $"/{path}",
                Files = from,
                Parameters = Parameters(wanted),
                Variables = RunVariables.OfTemplates(repository, branch, commit.Sha),
            }),
            ct);
        return runs.Start(
            new()
            {
                Pipeline = pipeline,
                DefinitionName = definition.Name,
                DefinitionId = definition.Id,
                RepositoryName = repository,
                SourceVersion = commit.Sha,
                SourceBranch = branch,
                SourceVersionMessage = commit.Subject,
                Variables = Values(wanted, secret: false),
                Secrets = Values(wanted, secret: true),
                PoolMap = wanted.PoolMap,
            },
            Organization!);
    }

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
        if (wanted.PreviewRun == true || wanted.YamlOverride is { Length: > 0 } || wanted.StagesToSkip is { Count: > 0 })
        {
            throw Refusal.BadRequest("previewRun, yamlOverride and stagesToSkip are not offered here.");
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
