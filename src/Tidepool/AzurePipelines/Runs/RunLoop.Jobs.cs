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
            Placement = Facts.Request.Placement is { } placement ? able => placement(leg.Stage.Name.Name, leg.Name.Name, able) : null,
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

        (leg.Request, leg.QueuedAt) = (request, Now);
        Events.Add(new JobQueued(
            leg.QueuedAt.Value, leg.Stage.Name, leg.Name, _pool.Name, [.. plan.Demands.Select(_mask.Apply)], leg.MappedFrom));
        if (obstacle is not null)
        {
            Events.Add(new JobWaits(leg.QueuedAt.Value, leg.Stage.Name, leg.Name, _mask.Apply(obstacle)));
        }
    }

    private void Hear(LegNode leg, JobRequestNews news)
    {
        Keep(InputOf(leg, news));
        var now = Now;
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
        (leg.FinishedAt, leg.Reason, leg.Reported) = (Now, Masked(reason), how);
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
            Events.Add(new JobFinished(Now, job.Stage.Name, job.Name, how, job.Reason, []));
        }
    }

    // A condition's trace and a demand may hold a secret variable's value.
    private string? Masked(string? text) => text is null ? null : _mask.Apply(text);
}
