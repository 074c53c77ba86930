using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Pools;
using Tidepool.AzurePipelines.State;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>All runs since the service started, and the counters of their pipelines.</summary>
internal sealed class RunDirectory(
    AgentPool pool, AccessTokens tokens, PipelinesServiceOptions options, TimeProvider clock, CancellationToken stopping, ServiceStore? store = null)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, RunLoop> _runs = [];
    private readonly List<RunLoop> _inOrder = [];
    private int _lastId;
    private readonly RunCounters _counters = new(options.WorkFolder);

    /// <summary>The pipelines that runs are of.</summary>
    public PipelineDefinitions Definitions { get; } = new(store);

    /// <summary>Numbers and starts a run.</summary>
    /// <exception cref="ProblemException">The run's number is not one that the service accepts.</exception>
    /// <param name="request">What to run.</param>
    /// <param name="organization">The organization's URL.</param>
    /// <param name="wanted">What a client asked for, from which the request can be made again; null for a run that ends with the service.</param>
    public RunLoop Start(RunRequest request, Uri organization, RunParameters? wanted = null)
    {
        RunLoop run;
        lock (_gate)
        {
            var definition = request.DefinitionId is { } id ? Definitions.Find(id)! : Definitions.Named(request.DefinitionName);
            var facts = new RunFacts
            {
                Id = ++_lastId,
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
            run = New(facts with { Number = number }, definition, counted, organization, wanted is not null);
            if (wanted is not null && store is not null)
            {
                store.Add(ToStored(run.Facts, wanted));
                store.Save(run.Facts.Id, counted);
            }

            _runs.Add(run.Facts.PlanId, run);
            _inOrder.Add(run);
            Retire();
        }

        run.Start();
        return run;
    }

    /// <summary>Makes a run what it was when the service ended; it goes on once it is started.</summary>
    public RunLoop Restore(StoredRun stored, RunRequest request, Uri organization)
    {
        lock (_gate)
        {
            var notes = store!.Notes(stored.Id);
            var facts = new RunFacts
            {
                Id = stored.Id,
                Number = notes?.Number ?? stored.Number,
                DefinitionId = stored.DefinitionId,
                Request = request,
                StartTime = stored.StartTime,
                Organization = options.Organization,
                Project = options.Project,
                ResourceVariables = new Dictionary<string, string>(stored.ResourceVariables, StringComparer.OrdinalIgnoreCase),
                PlanId = stored.PlanId,
                TimelineId = stored.TimelineId,
            };
            var counted = new Dictionary<string, int>(store.Counters(stored.Id) ?? [], StringComparer.OrdinalIgnoreCase);
            var run = New(facts, Definitions.Find(stored.DefinitionId)!, counted, organization, isKept: true);
            if (notes is not null)
            {
                run.Notes.Restore(notes);
            }

            run.Restore(store.Inputs(stored.Id));
            _runs.Add(run.Facts.PlanId, run);
            _inOrder.Add(run);
            return run;
        }
    }

    /// <summary>The ids of runs go on after this one.</summary>
    public void GoOnAfter(int id)
    {
        lock (_gate)
        {
            _lastId = Math.Max(_lastId, id);
        }
    }

    /// <summary>Called when a run has gone, to remove what others keep of it.</summary>
    public Action<int> Gone { get; set; } = _ => { };

    /// <summary>Lets runs go that are older than those that are kept. Looked at when another begins.</summary>
    private void Retire()
    {
        var ages = _inOrder.Select(run => run.Age).ToList();
        foreach (var old in RunRetention.Over(ages, options.KeptRuns).ToList())
        {
            var run = _inOrder.First(run => run.Facts.Id == old.Id);
            if (!run.Leave())
            {
                continue;
            }

            _inOrder.Remove(run);
            _runs.Remove(run.Facts.PlanId);
            pool.Forget(run.Facts.PlanId);
            store?.RemoveRun(old.Id);
            Gone(old.Id);
        }
    }

    private static StoredRun ToStored(RunFacts facts, RunParameters wanted) => new()
    {
        Id = facts.Id,
        DefinitionId = facts.DefinitionId,
        Number = facts.Number,
        StartTime = facts.StartTime,
        PlanId = facts.PlanId,
        TimelineId = facts.TimelineId,
        ResourceVariables = facts.ResourceVariables,
        Wanted = wanted,
        Groups = facts.Request.Groups,
    };

    private RunLoop New(RunFacts facts, PipelineDefinition definition, Dictionary<string, int> counted, Uri organization, bool isKept)
    {
        var counters = new CountersOfRun(definition, _counters, counted, isKept && store is not null ? all => store.Save(facts.Id, all) : null);
        var run = new RunLoop(facts, pool, tokens, options, organization, counters, clock, stopping);
        if (isKept && store is not null)
        {
            run.Keep(store);
        }

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
            return _inOrder.Find(run => run.Facts.Id == id) ?? throw Refusal.BuildNotFound(id);
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
