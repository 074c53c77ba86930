using Tidepool.AzurePipelines.Library;
using Tidepool.AzurePipelines.Pools;
using Tidepool.AzurePipelines.Repositories;
using Tidepool.AzurePipelines.Runs;
using Tidepool.AzurePipelines.State;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Makes runs of what clients ask for: finds the commit, reads the pipeline in it, and starts it.</summary>
internal sealed partial class RunQueue(
    PipelinesServiceOptions options, RepositoryDirectory repositories, RunDirectory runs, ITaskCatalog tasks, VariableGroups groups)
{
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

    /// <summary>The same wish with the commits that it meant.</summary>
    private static RunParameters Pinned(RunParameters wanted, RunRequest request) => wanted with
    {
        Resources = new()
        {
            Repositories = request.AllRepositories.ToDictionary(
                pair => pair.Key,
                pair => new RunRepository
                {
                    RefName = pair.Value.Ref,
                    Version = pair.Value.Version,
                    Repository = pair.Key == RunRequest.Self ? null : new() { Name = pair.Value.Name },
                }),
        },
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

        if (wanted.PoolMap?.FirstOrDefault(pair => !options.Pool.Equals(pair.Value, StringComparison.OrdinalIgnoreCase)) is { Key: { } name } pair)
        {
            throw Refusal.BadRequest($"The pool map sends {name} to the pool {pair.Value}, which is not here.");
        }
    }

    private static Dictionary<string, string> Values(RunParameters wanted, bool secret) => (wanted.Variables ?? new Dictionary<string, RunVariable>())
        .Where(pair => (pair.Value?.IsSecret ?? false) == secret)
        .ToDictionary(pair => pair.Key, pair => pair.Value?.Value ?? "", StringComparer.OrdinalIgnoreCase);
}
