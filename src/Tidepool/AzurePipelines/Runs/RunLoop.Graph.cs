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

    private void Begin()
    {
        Events.Add(new RunStarted(_clock.GetUtcNow(), Facts.Id, Facts.Number));
        foreach (var stage in _stages)
        {
            foreach (var record in stage.ToRecords())
            {
                Record(record);
            }
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
            foreach (var decision in RunPlanner.Decide(Facts.Pipeline, State()))
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
                if (!Jobs.Any(job => job is { Started: true, Result: null }) && !_stages.Any(stage => stage.Checking))
                {
                    throw new InvalidOperationException($"Run {Facts.Number} has nodes left, but none runs and none may start.");
                }

                return;
            }
        }
    }

    private RunState State()
    {
        var variables = RunVariables.OfRun(Facts, _organization);
        foreach (var (name, value) in Facts.Request.Variables.Concat(Facts.Request.Secrets))
        {
            variables.TryAdd(name, value);
        }

        return new()
        {
            Canceling = _canceling,
            StartTime = Facts.StartTime,
            Variables = variables,
            Stages = _stages.Where(stage => stage.Started || stage.Result is not null)
                .ToDictionary(stage => stage.Definition.Name, stage => stage.ToState(), StringComparer.OrdinalIgnoreCase),
        };
    }

    private void Apply(NodeDecision decision)
    {
        var stage = _stages.First(stage => Same(stage.Definition.Name, decision.Stage));
        var job = decision.Job is { } name ? stage.Jobs.First(job => Same(job.Definition.Name, name)) : null;
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
        var how = RunPlanner.Aggregate(_stages.Select(stage => stage.Result!.Value));
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
            job.Plan = RunPlanner.Plan(Facts.Pipeline, stage.Definition, job.Definition, State());
            Rename(job, _mask.Apply(job.Plan.DisplayName));
            if (!Place(job))
            {
                FinishJob(job, NodeResult.Failed, PoolTexts.NoPool(job.Plan.PoolName!));
                return;
            }

            Enqueue(stage, job, job.Plan, [.. job.Plan.Demands.Select(Demand.Parse)]);
        }
        catch (ProblemException e)
        {
            FinishJob(job, NodeResult.Failed, e.Problem.What);
        }
    }

    private void Rename(JobNode job, string displayName)
    {
        job.DisplayName = displayName;
        Record(new() { Id = job.PhaseId, Name = displayName });
        Record(new() { Id = job.RecordId, Name = displayName });
    }

    /// <summary>Sees whether the job may run in the embedded pool, and from where it was mapped.</summary>
    private bool Place(JobNode job)
    {
        var (name, image) = (job.Plan!.PoolName, job.Plan.VmImage);
        job.MappedFrom = name is not null
            ? Same(_pool.Name, name) ? null : name
            : image is null ? "no pool" : $"vmImage: {image}";
        return name is null || job.MappedFrom is null
            || (Facts.Request.PoolMap ?? _options.PoolMap).Any(pair =>
                (pair.Key == PipelinesServiceOptions.AnyPool || Same(pair.Key, name)) && Same(pair.Value, _pool.Name));
    }

    private static bool Same(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    private void Enqueue(StageNode stage, JobNode job, JobPlan plan, IReadOnlyList<Demand> demands)
    {
        var caller = new Caller.Job(Facts.PlanId, job.RecordId);
        var token = _tokens.Issue(caller, TokenLife);
        _mask.Add(token);
        var message = new JobMessage(Facts, stage, job, token, JobMessage.UserVariables(Facts.Request, plan, _mask.IsIn));
        var (request, obstacle) = _pool.Queue(new()
        {
            ScopeId = Facts.ProjectId,
            PlanId = Facts.PlanId,
            PlanGroup = Facts.PlanGroup,
            JobId = job.RecordId,
            JobName = job.DisplayName,
            Demands = demands,
            Definition = new(Facts.DefinitionId, Facts.Request.DefinitionName),
            Run = new(Facts.Id, Facts.Number),
            Message = message.Write,
            Hears = news => Post(() => Hear(job, news)),
        });
        if (request is null)
        {
            FinishJob(job, NodeResult.Failed, obstacle);
            return;
        }

        (job.Request, job.QueuedAt) = (request, _clock.GetUtcNow());
        Events.Add(new JobQueued(
            job.QueuedAt.Value, stage.Name, job.Name, _pool.Name, [.. plan.Demands.Select(_mask.Apply)], job.MappedFrom));
        if (obstacle is not null)
        {
            Events.Add(new JobWaits(job.QueuedAt.Value, stage.Name, job.Name, _mask.Apply(obstacle)));
        }
    }

    private void Hear(JobNode job, JobRequestNews news)
    {
        var now = _clock.GetUtcNow();
        switch (news)
        {
            case JobRequestNews.Assigned assigned:
                (job.AgentName, job.AgentCapabilities) = (assigned.AgentName, assigned.Capabilities);
                Events.Add(new JobAssigned(now, job.Stage.Name, job.Name, assigned.AgentName, assigned.Capabilities));
                break;
            case JobRequestNews.Requeued:
                (job.AgentName, job.AgentCapabilities) = (null, Capabilities.None);
                break;
            case JobRequestNews.Received:
                job.StartedAt = now;
                Events.Add(new JobStarted(now, job.Stage.Name, job.Name, job.AgentName!));
                Record(new() { Id = job.RecordId, State = RecordStates.InProgress, StartTime = now, WorkerName = job.AgentName });
                Record(new() { Id = job.PhaseId, State = RecordStates.InProgress, StartTime = now });
                LimitTime(job);
                break;
            case JobRequestNews.Finished finished when job.Result is null:
                FinishJob(job, finished.Result, finished.Reason ?? job.StopReason);
                break;
        }
    }

    private void FinishJob(JobNode job, NodeResult how, string? reason)
    {
        job.Deadline?.Dispose();
        Settle(job, how);
        (job.FinishedAt, job.Reason, _graphChanged) = (_clock.GetUtcNow(), Masked(reason), true);
        job.Result = job.Plan is { } plan ? RunPlanner.JobResult(plan, how) : how;
        job.Outputs = OutputsOf(job);
        _tokens.Retire(new Caller.Job(Facts.PlanId, job.RecordId), TokenGrace);
        Events.Add(new JobFinished(job.FinishedAt.Value, job.Stage.Name, job.Name, job.Result.Value, job.Reason, IssuesOf(Main.Find(job.RecordId))));
    }

    // A condition's trace and a demand may hold a secret variable's value.
    private string? Masked(string? text) => text is null ? null : _mask.Apply(text);
}
