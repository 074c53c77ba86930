using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Pools;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>All runs since the service started, and the counters of their pipelines.</summary>
internal sealed class RunDirectory(
    AgentPool pool, AccessTokens tokens, PipelinesServiceOptions options, TimeProvider clock, CancellationToken stopping)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, RunLoop> _runs = [];
    private readonly List<RunLoop> _inOrder = [];
    private readonly RunCounters _counters = new(options.WorkFolder);

    /// <summary>The pipelines that runs are of.</summary>
    public PipelineDefinitions Definitions { get; } = new();

    /// <summary>Numbers and starts a run.</summary>
    /// <exception cref="ProblemException">The run's number is not one that the service accepts.</exception>
    public RunLoop Start(RunRequest request, Uri organization)
    {
        RunLoop run;
        lock (_gate)
        {
            var definition = request.DefinitionId is { } id ? Definitions.Find(id)! : Definitions.Named(request.DefinitionName);
            var facts = new RunFacts
            {
                Id = _runs.Count + 1,
                Number = "",
                DefinitionId = definition.Id,
                Request = request,
                StartTime = clock.GetUtcNow(),
                Organization = options.Organization,
                Project = options.Project,
            };
            facts = facts with { ResourceVariables = ResourceVariables(facts, organization) };
            var counted = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
            var number = RunNumber.Of(
                request.Pipeline.RunName,
                facts.StartTime,
                NameVariables(facts, organization, definition, counted),
                rest => _counters.NextRevision(definition, rest));
            run = new(
                facts with { Number = number }, pool, tokens, options, organization, new(definition, _counters, counted), clock, stopping);
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

    /// <summary>Variables of the run's number: the service's, and the pipeline's as they are before anything ran.</summary>
    private Dictionary<string, string> NameVariables(
        RunFacts facts, Uri organization, PipelineDefinition definition, Dictionary<string, int> counted)
    {
        var variables = RunVariables.OfRun(facts, organization);
        foreach (var (name, value) in facts.Request.Variables)
        {
            variables.TryAdd(name, value);
        }

        while (true)
        {
            try
            {
                var state = new RunState { StartTime = facts.StartTime, Variables = variables, Counters = counted };
                return new(RunPlanner.VariablesOfName(facts.Pipeline, state), StringComparer.OrdinalIgnoreCase);
            }
            catch (CounterNeededException needed)
            {
                counted[needed.Prefix] = _counters.Next(definition, needed.Prefix, needed.Seed);
            }
        }
    }

    /// <summary>What is known of the pipelines under <c>resources</c>: the last run that succeeded of the definition that each names.</summary>
    private Dictionary<string, string> ResourceVariables(RunFacts facts, Uri organization)
    {
        var variables = RunVariables.OfRepositories(facts, organization);
        foreach (var resource in facts.Pipeline.Resources.Pipelines)
        {
            var last = _inOrder.LastOrDefault(run =>
                run.Facts.Request.DefinitionName.Equals(resource.Source ?? resource.Alias, StringComparison.OrdinalIgnoreCase)
                && run.Progress.Result is NodeResult.Succeeded or NodeResult.SucceededWithIssues);
            if (last is not null)
            {
                RunVariables.AddPipeline(variables, resource.Alias, last.Facts);
            }
        }

        return variables;
    }
}
