using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Pools;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

internal sealed partial class RunLoop
{
    /// <summary>A job's token outlives it by this, so that an agent may repeat its last call when the answer got lost.</summary>
    private static readonly TimeSpan TokenGrace = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TokenLife = TimeSpan.FromDays(7);

    private IEnumerable<JobNode> Jobs => _stages.SelectMany(stage => stage.Jobs);

    private IEnumerable<LegNode> Legs => Jobs.SelectMany(job => job.Legs);

    private void Begin()
    {
        Events.Add(new RunStarted(_clock.GetUtcNow(), Facts.Id, Facts.Number));
        foreach (var stage in _stages)
        {
            RecordAll(stage);
        }
    }

    /// <summary>Adds the records of a stage and what is known of the nodes below it.</summary>
    private void RecordAll(StageNode stage)
    {
        Record(stage.ToRecord());
        foreach (var job in stage.Jobs)
        {
            RecordAll(job);
        }
    }

    private void RecordAll(JobNode job)
    {
        Record(job.ToRecord());
        foreach (var record in job.Legs.SelectMany(leg => leg.ToRecords()))
        {
            Record(record);
        }
    }

    /// <summary>Does what the planner decides until it decides nothing more.</summary>
    private void Advance()
    {
        _graphChanged = false;
        while (true)
        {
            if (_stages.All(stage => stage.Result is not null))
            {
                FinishRun();
                return;
            }

            var news = false;
            foreach (var decision in Counting(state => RunPlanner.Decide(Facts.Pipeline, state)))
            {
                // One answer may start a stage and its jobs; a stage whose check is under way starts none.
                if (!IsChecking(decision.Stage))
                {
                    Apply(decision);
                    news = true;
                }
            }

            if (!news)
            {
                var isQuiet = !Jobs.Any(job => job is { Started: true, Result: null }) && !_stages.Any(stage => stage.Checking);
                if (isQuiet && _stages.Any(WaitsForSomebody))
                {
                    FinishRun();
                }
                else if (isQuiet)
                {
                    throw new InvalidOperationException($"Run {Facts.Number} has nodes left, but none runs and none may start.");
                }

                return;
            }
        }
    }

    /// <summary>A manual stage that nobody started: the run ends without it, and without those that wait for it.</summary>
    private bool WaitsForSomebody(StageNode stage) =>
        stage is { Definition.IsManual: true, Started: false, Result: null } && !_released.Contains(stage.Definition.Name);

    /// <summary>Decides; where a variable asks for a counter, takes its next value first.</summary>
    private T Counting<T>(Func<RunState, T> decide)
    {
        while (true)
        {
            try
            {
                return decide(State());
            }
            catch (CounterNeededException needed)
            {
                _counters.Take(needed.Prefix, needed.Seed);
            }
        }
    }

    private RunState State()
    {
        var variables = RunVariables.OfRun(Facts, _organization);
        foreach (var (name, value) in Facts.ResourceVariables.Concat(Facts.Request.Variables).Concat(Facts.Request.Secrets))
        {
            variables.TryAdd(name, value);
        }

        return new()
        {
            Canceling = _canceling,
            StartTime = Facts.StartTime,
            Variables = variables,
            Counters = _counters.Values,
            Released = _released,
            Stages = _stages.Where(stage => stage.Started || stage.Result is not null)
                .ToDictionary(stage => stage.Definition.Name, stage => stage.ToState(), StringComparer.OrdinalIgnoreCase),
        };
    }

    private void Apply(NodeDecision decision)
    {
        var stage = _stages.First(stage => Same(stage.Definition.Name, decision.Stage));
        var job = decision.Job is { } name ? stage.Jobs.First(job => Same(job.Definition.Name, name)) : null;
        if (job is null)
        {
            stage.DecidedInCancel ??= _canceling;
        }
        else
        {
            job.DecidedInCancel = _canceling;
        }

        switch (decision.Action, job)
        {
            case (NodeAction.Start, null) when Facts.Request.BeforeStage is { } check:
                stage.Checking = true;
                _ = CheckAsync(stage, check);
                break;
            case (NodeAction.Start, null):
                StartStage(stage);
                break;
            case (NodeAction.Start, _):
                StartJob(stage, job);
                break;
            case (NodeAction.Finish, null):
                FinishUnrun(stage, decision.Result!.Value, decision.Reason);
                break;
            case (NodeAction.Finish, _):
                FinishJob(job, decision.Result!.Value, decision.Reason);
                break;
            default:
                throw new InvalidOperationException($"Unhandled {nameof(NodeAction)} {decision.Action}.");
        }
    }

    private void StartStage(StageNode stage)
    {
        stage.Started = true;
        Events.Add(new StageStarted(_clock.GetUtcNow(), stage.Name));
        Record(new() { Id = stage.RecordId, State = RecordStates.InProgress, StartTime = _clock.GetUtcNow() });
    }

    private bool IsChecking(string name) =>
        _stages.Any(stage => stage.Checking && stage.Definition.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Awaits a stage's check outside of the loop; the loop hears of its end.</summary>
    private async Task CheckAsync(StageNode stage, StageCheck check)
    {
        var snapshot = Snapshot();
        var checking = Task.Run(() => check(stage.Definition.Name, snapshot, _checksEnd.Token));
        await checking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Post(() => HearOfCheck(stage, checking));
    }

    private void HearOfCheck(StageNode stage, Task check)
    {
        (stage.Checking, _graphChanged) = (false, true);
        if (check is { IsFaulted: true, Exception.InnerException: ProblemException e })
        {
            FinishUnrun(stage, NodeResult.Failed, e.Problem.ToString());
        }
        else if (!_canceling)
        {
            // Anything but a problem is a bug and ends the run's loop with it.
            check.GetAwaiter().GetResult();
            StartStage(stage);
        }
    }

    private void FinishUnrun(StageNode stage, NodeResult how, string? reason)
    {
        foreach (var unrun in stage.Jobs.Where(unrun => unrun.Result is null))
        {
            FinishJob(unrun, NodeResult.Skipped, reason: null);
        }

        FinishStage(stage, how, reason);
    }

    private void FinishStage(StageNode stage, NodeResult how, string? reason)
    {
        (stage.Result, stage.Reason) = (how, Masked(reason));
        Events.Add(new StageFinished(_clock.GetUtcNow(), stage.Name, how, stage.Reason));
        Complete(stage.RecordId, how);
    }

    private void FinishRun()
    {
        var how = RunPlanner.Aggregate(_stages.Select(stage => stage.Result).OfType<NodeResult>());
        // A run that was cancelled before anything ran has nothing but skipped nodes; it was cancelled all the same.
        _finishedAt = _clock.GetUtcNow();
        _result = _canceling && how != NodeResult.Failed ? NodeResult.Canceled : how;
        Events.Add(new RunFinished(_finishedAt.Value, _result.Value));
    }

    private void StartJob(StageNode stage, JobNode job)
    {
        job.Started = true;
        try
        {
            if (job.Expansion is null)
            {
                job.Expand(Counting(state => RunPlanner.Expand(Facts.Pipeline, stage.Definition, job.Definition, state)));
                RecordAll(job);
            }

            AdvanceLegs(job);
        }
        catch (ProblemException e)
        {
            FinishJob(job, NodeResult.Failed, e.Problem.What);
        }
    }

    /// <summary>Starts the legs that may start, until nothing changes before one ends; ends the job with its last leg.</summary>
    private void AdvanceLegs(JobNode job)
    {
        while (job.Result is null)
        {
            var decisions = RunPlanner.DecideLegs(job.Expansion!, [.. job.Legs.Select(leg => new LegState(leg.Started, leg.Reported))], job.Stopping);
            foreach (var decision in decisions)
            {
                var leg = job.Legs[decision.Index];
                if (decision.Result is { } unrun)
                {
                    FinishLeg(leg, unrun, reason: null);
                }
                else
                {
                    StartLeg(leg);
                }
            }

            if (job.Legs.All(leg => leg.Result is not null))
            {
                FinishJob(job, RunPlanner.Aggregate(job.Legs.Select(leg => leg.Result!.Value)), reason: null);
            }
            else if (decisions.Count == 0)
            {
                return;
            }
        }
    }

    private void StartLeg(LegNode leg)
    {
        leg.Started = true;
        try
        {
            leg.Plan = Counting(state => RunPlanner.Plan(Facts.Pipeline, leg.Stage.Definition, leg.Job.Definition, leg.Leg, state));
            Rename(leg, _mask.Apply(leg.Plan.DisplayName));
            if (leg.Leg.IsAgentless(leg.Job.Definition))
            {
                RunOnService(leg);
                return;
            }

            if (!Place(leg))
            {
                FinishLeg(leg, NodeResult.Failed, PoolTexts.NoPool(leg.Plan.PoolName!));
                return;
            }

            if (JobMessage.CheckedOut(leg.Steps).FirstOrDefault(alias => !Facts.Request.AllRepositories.Any(pair => Same(pair.Key, alias))) is { } missing
                && !Same(missing, "none"))
            {
                FinishLeg(leg, NodeResult.Failed, $"The checkout step references the repository '{missing}' which is not served here.");
                return;
            }

            Enqueue(leg, leg.Plan, [.. leg.Plan.Demands.Select(Demand.Parse)]);
        }
        catch (ProblemException e)
        {
            FinishLeg(leg, NodeResult.Failed, e.Problem.What);
        }
    }

    private void Rename(LegNode leg, string displayName)
    {
        leg.DisplayName = displayName;
        Record(new() { Id = leg.RecordId, Name = displayName });
        if (leg.Leg.DisplaySuffix is null)
        {
            leg.Job.DisplayName = displayName;
            Record(new() { Id = leg.Job.PhaseId, Name = displayName });
        }
    }

    /// <summary>Sees whether the leg may run in the embedded pool, and from where it was mapped.</summary>
    private bool Place(LegNode leg)
    {
        var (name, image) = (leg.Plan!.PoolName, leg.Plan.VmImage);
        leg.MappedFrom = name is not null
            ? Same(_pool.Name, name) ? null : name
            : image is null ? "no pool" : $"vmImage: {image}";
        return name is null || leg.MappedFrom is null
            || (Facts.Request.PoolMap ?? _options.PoolMap).Any(pair =>
                (pair.Key == PipelinesServiceOptions.AnyPool || Same(pair.Key, name)) && Same(pair.Value, _pool.Name));
    }

    private static bool Same(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    private void Enqueue(LegNode leg, JobPlan plan, IReadOnlyList<Demand> demands)
    {
        var caller = new Caller.Job(Facts.PlanId, leg.RecordId);
        var token = _tokens.Issue(caller, TokenLife);
        _mask.Add(token);
        var message = new JobMessage(Facts, leg, token, JobMessage.UserVariables(Facts.Request, plan, _mask.IsIn));
        var (request, obstacle) = _pool.Queue(new()
        {
            ScopeId = Facts.ProjectId,
            PlanId = Facts.PlanId,
            PlanGroup = Facts.PlanGroup,
            JobId = leg.RecordId,
            JobName = leg.DisplayName,
            Demands = demands,
            Definition = new(Facts.DefinitionId, Facts.Request.DefinitionName),
            Run = new(Facts.Id, Facts.Number),
            Message = message.Write,
            Hears = news => Post(() => Hear(leg, news)),
        });
        if (request is null)
        {
            FinishLeg(leg, NodeResult.Failed, obstacle);
            return;
        }

        (leg.Request, leg.QueuedAt) = (request, _clock.GetUtcNow());
        Events.Add(new JobQueued(
            leg.QueuedAt.Value, leg.Stage.Name, leg.Name, _pool.Name, [.. plan.Demands.Select(_mask.Apply)], leg.MappedFrom));
        if (obstacle is not null)
        {
            Events.Add(new JobWaits(leg.QueuedAt.Value, leg.Stage.Name, leg.Name, _mask.Apply(obstacle)));
        }
    }

    private void Hear(LegNode leg, JobRequestNews news)
    {
        var now = _clock.GetUtcNow();
        switch (news)
        {
            case JobRequestNews.Assigned assigned:
                (leg.AgentName, leg.AgentCapabilities) = (assigned.AgentName, assigned.Capabilities);
                Events.Add(new JobAssigned(now, leg.Stage.Name, leg.Name, assigned.AgentName, assigned.Capabilities));
                break;
            case JobRequestNews.Requeued:
                (leg.AgentName, leg.AgentCapabilities) = (null, Capabilities.None);
                break;
            case JobRequestNews.Received:
                Begin(leg, now, leg.AgentName!);
                break;
            case JobRequestNews.Finished finished when leg.Result is null:
                FinishLeg(leg, finished.Result, finished.Reason ?? leg.StopReason);
                AdvanceLegs(leg.Job);
                break;
        }
    }

    private void Begin(LegNode leg, DateTimeOffset now, string where)
    {
        leg.StartedAt = now;
        Events.Add(new JobStarted(now, leg.Stage.Name, leg.Name, where));
        Record(new() { Id = leg.RecordId, State = RecordStates.InProgress, StartTime = now, WorkerName = where });
        if (Main.Find(leg.Job.PhaseId)?.State == RecordStates.Pending)
        {
            Record(new() { Id = leg.Job.PhaseId, State = RecordStates.InProgress, StartTime = now });
        }

        LimitTime(leg);
    }

    /// <summary>Ends a leg that ran or could not; a failure counts for less where the job says so.</summary>
    private void FinishLeg(LegNode leg, NodeResult how, string? reason)
    {
        leg.Deadline?.Dispose();
        leg.StepEnd?.Dispose();
        Settle(leg, how);
        (leg.FinishedAt, leg.Reason, leg.Reported) = (_clock.GetUtcNow(), Masked(reason), how);
        leg.Result = leg.Plan is { } plan ? RunPlanner.JobResult(plan, how) : how;
        _tokens.Retire(new Caller.Job(Facts.PlanId, leg.RecordId), TokenGrace);
        Events.Add(new JobFinished(leg.FinishedAt.Value, leg.Stage.Name, leg.Name, leg.Result.Value, leg.Reason, IssuesOf(Main.Find(leg.RecordId))));
    }

    /// <summary>Ends a job: when its last leg has ended, or without any, for the reason.</summary>
    private void FinishJob(JobNode job, NodeResult how, string? reason)
    {
        (job.Reason, _graphChanged) = (Masked(reason), true);
        foreach (var leg in job.Legs.Where(leg => leg.Result is null))
        {
            FinishLeg(leg, how, reason);
        }

        (job.Result, job.Outputs) = (how, OutputsOf(job));
        Complete(job.PhaseId, how);
        if (job.Legs.Count == 0)
        {
            Events.Add(new JobFinished(_clock.GetUtcNow(), job.Stage.Name, job.Name, how, job.Reason, []));
        }
    }

    // A condition's trace and a demand may hold a secret variable's value.
    private string? Masked(string? text) => text is null ? null : _mask.Apply(text);
}
