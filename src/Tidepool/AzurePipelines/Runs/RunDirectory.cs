using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Pools;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>All runs since the service started, and the counters of their numbers.</summary>
internal sealed class RunDirectory(
    AgentPool pool, AccessTokens tokens, PipelinesServiceOptions options, TimeProvider clock, CancellationToken stopping)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, RunLoop> _runs = [];
    private readonly List<RunLoop> _inOrder = [];
    private readonly Dictionary<(int Definition, string Number), int> _revisions = [];

    /// <summary>The pipelines that runs are of.</summary>
    public PipelineDefinitions Definitions { get; } = new();

    /// <summary>Numbers and starts a run.</summary>
    /// <exception cref="ProblemException">The run's number is not one that the service accepts.</exception>
    public RunLoop Start(RunRequest request, Uri organization)
    {
        RunLoop run;
        lock (_gate)
        {
            var definition = request.DefinitionId ?? Definitions.Named(request.DefinitionName).Id;
            var facts = new RunFacts
            {
                Id = _runs.Count + 1,
                Number = "",
                DefinitionId = definition,
                Request = request,
                StartTime = clock.GetUtcNow(),
                Organization = options.Organization,
                Project = options.Project,
            };
            var number = RunNumber.Of(
                request.Pipeline.RunName,
                facts.StartTime,
                NameVariables(facts, organization),
                rest => NextRevision(definition, rest));
            run = new(facts with { Number = number }, pool, tokens, options, organization, clock, stopping);
            _runs.Add(run.Facts.PlanId, run);
            _inOrder.Add(run);
        }

        run.Start();
        return run;
    }

    /// <summary>All runs, oldest first.</summary>
    public IReadOnlyList<RunLoop> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _inOrder];
            }
        }
    }

    /// <exception cref="WireException">There is no such plan.</exception>
    public RunLoop Find(Guid planId)
    {
        lock (_gate)
        {
            return _runs.GetValueOrDefault(planId) ?? throw Refusal.PlanNotFound(planId);
        }
    }

    /// <exception cref="WireException">There is no such run.</exception>
    public RunLoop FindRun(int id)
    {
        lock (_gate)
        {
            return id > 0 && id <= _inOrder.Count ? _inOrder[id - 1] : throw Refusal.BuildNotFound(id);
        }
    }

    private static Dictionary<string, string> NameVariables(RunFacts facts, Uri organization)
    {
        var variables = RunVariables.OfRun(facts, organization);
        foreach (var (name, value) in facts.Request.Variables)
        {
            variables.TryAdd(name, value);
        }

        foreach (var variable in facts.Pipeline.Variables)
        {
            variables.TryAdd(variable.Name, variable.Value);
        }

        return variables;
    }

    private int NextRevision(int definition, string rest) =>
        _revisions[(definition, rest)] = _revisions.GetValueOrDefault((definition, rest)) + 1;
}
