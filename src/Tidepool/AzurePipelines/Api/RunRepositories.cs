using Tidepool.AzurePipelines.Repositories;
using Tidepool.AzurePipelines.Runs;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;
using DeclaredRepository = Tidepool.Pipelines.Graph.RepositoryReference;

namespace Tidepool.AzurePipelines.Api;

/// <summary>The repositories beside its own that a pipeline names, at the commits that one run of it uses.</summary>
/// <remarks>
/// The texts about a repository or a ref that is not there are the service's, as users report them:
/// https://github.com/ewingjm/development-hub/issues/73 and, with another host in it, https://github.com/Azure/mlops-v2/issues/68. Inferred: their
/// places, and that a ref without <c>refs/</c> is a branch.
/// Not as on the service: a repository that is declared and that neither a template nor a checkout uses may be missing.
/// </remarks>
internal sealed class RunRepositories(PipelinesServiceOptions options, RepositoryDirectory repositories, RunParameters wanted)
{
    private const string Mend = "'tidepool run' takes --repository ALIAS=FOLDER, which hands one over.";
    private const string Branches = "refs/heads/";

    private readonly Dictionary<string, (ServedRepository? Served, string? Error)> _known = new(StringComparer.OrdinalIgnoreCase);
    private IReadOnlyList<DeclaredRepository> _declared = [];

    /// <summary>Takes what the pipeline says of its repositories, as far as it is read.</summary>
    public void Declare(IReadOnlyList<DeclaredRepository> declared)
    {
        if (declared.Count > 0)
        {
            _declared = declared;
        }
    }

    /// <summary>The repository that an alias means; null when the pipeline declares none.</summary>
    /// <exception cref="PipelineNotValidException">It is not here, or has no such commit.</exception>
    public async Task<ServedRepository?> FindAsync(string alias, CancellationToken ct)
    {
        if (_declared.FirstOrDefault(one => Same(one.Alias, alias)) is not { } declared)
        {
            return null;
        }

        var (served, error) = await ResolveAsync(declared, ct);
        return served ?? throw new PipelineNotValidException([new(declared.Position, error!)]);
    }

    /// <summary>What errors call a repository, once it was asked for.</summary>
    public string Describe(string alias) => _known.GetValueOrDefault(alias).Served is { } served
        ? $"repository {served.Name} branch {served.Ref} version {served.Version}"
        : $"repository {alias}";

    /// <summary>All that the pipeline declares and that are here.</summary>
    /// <exception cref="PipelineNotValidException">Jobs check out what is not here; all of it at once.</exception>
    /// <exception cref="WireException">The client names one that the pipeline does not declare.</exception>
    public async Task<IReadOnlyDictionary<string, ServedRepository>> AllAsync(Pipeline pipeline, CancellationToken ct)
    {
        Declare(pipeline.Resources.Repositories);
        if (wanted.Resources?.Repositories?.Keys.FirstOrDefault(alias => !Same(alias, RunRequest.Self) && !_declared.Any(one => Same(one.Alias, alias))) is { } other)
        {
            throw Refusal.BadRequest($"The pipeline has no repository resource '{other}'.");
        }

        var used = pipeline.Stages.SelectMany(stage => stage.Jobs)
            .SelectMany(job => JobMessage.CheckedOut(job.Steps.Concat(job.Deployment?.Hooks.SelectMany(hook => hook.Steps) ?? [])))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var all = new Dictionary<string, ServedRepository>(StringComparer.OrdinalIgnoreCase);
        List<PipelineError> errors = [];
        foreach (var declared in _declared)
        {
            var (served, error) = await ResolveAsync(declared, ct);
            if (served is not null)
            {
                all[declared.Alias] = served;
            }
            else if (used.Contains(declared.Alias))
            {
                errors.Add(new(declared.Position, error!));
            }
        }

        return errors.Count == 0 ? all : throw new PipelineNotValidException(errors);
    }

    private async Task<(ServedRepository? Served, string? Error)> ResolveAsync(DeclaredRepository declared, CancellationToken ct)
    {
        if (!_known.TryGetValue(declared.Alias, out var known))
        {
            _known[declared.Alias] = known = await LookAsync(declared, ct);
        }

        return known;
    }

    private async Task<(ServedRepository? Served, string? Error)> LookAsync(DeclaredRepository declared, CancellationToken ct)
    {
        var given = wanted.Resources?.Repositories?.FirstOrDefault(pair => Same(pair.Key, declared.Alias)).Value;
        var (project, name) = declared.Name.Split('/') is [var first, var second] ? (first, second) : (options.Project, declared.Name);
        var isHere = declared.Type is "git" or "tfsgit" && Same(project, options.Project);
        if ((given?.Repository is { } other ? repositories.Find(other.Name ?? other.Id ?? "") : isHere ? repositories.Find(name) : null) is not { } found)
        {
            return (null, isHere
                ? $"The repository {name} in project {project} could not be retrieved. Verify the name and credentials being used. {Mend}"
                : $"The repository {declared.Name} of type {declared.Type} is in no project of this service. {Mend}");
        }

        var reference = given?.RefName ?? declared.Ref ?? RepositoryDirectory.DefaultBranch;
        reference = reference.StartsWith("refs/", StringComparison.Ordinal) ? reference : Branches + reference;
        return await repositories.FindCommitAsync(found, given?.Version ?? reference, ct) is { } commit
            ? (new(found, reference, commit.Sha), null)
            : (null, $"Could not get the latest source version for repository {found} hosted on Azure Repos using ref {given?.Version ?? reference}.");
    }

    private static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
}
