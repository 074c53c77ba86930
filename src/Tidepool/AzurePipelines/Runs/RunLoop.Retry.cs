using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.State;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>What goes on with a run whose stages have ended: another attempt, or a stage that waits for somebody.</summary>
internal sealed partial class RunLoop
{
    private readonly Lock _reviving = new();
    private bool _gone;

    /// <summary>The run as its age counts.</summary>
    public RunAge Age
    {
        get
        {
            var succeeded = Progress.Result is NodeResult.Succeeded or NodeResult.SucceededWithIssues;
            return new(Facts.Id, Facts.DefinitionId, Completion.IsCompletedSuccessfully, succeeded, Notes.KeepForever);
        }
    }

    /// <summary>Removes what the run has written. Nothing of it goes on after that.</summary>
    /// <returns>Whether it has; a run that has not ended, or goes on, stays.</returns>
    public bool Leave()
    {
        lock (_reviving)
        {
            if (!Completion.IsCompletedSuccessfully)
            {
                return false;
            }

            _gone = true;
        }

        RemoveFolder();
        return true;
    }

    /// <summary>
    /// Runs a stage again, in a new attempt with new records: its jobs that did not succeed, and after it the stages that depend on it.
    /// A run that has ended goes on.
    /// </summary>
    /// <param name="name">The stage; ignores case.</param>
    /// <param name="allJobs">Also the jobs that succeeded.</param>
    /// <remarks>
    /// Source: https://learn.microsoft.com/rest/api/azure/devops/build/stages/update. Inferred: legs that succeeded are kept, deployments run
    /// again as a whole, and a stage that depends on the retried one and has ended begins anew, whatever its result.
    /// </remarks>
    /// <exception cref="WireException">There is no such stage, or it has nothing to retry.</exception>
    public Task RetryStageAsync(string name, bool allJobs) => ReviveAsync(() =>
    {
        Keep(new RunInput.StageRetried(name, allJobs));
        RetryStage(name, allJobs);
    });

    /// <summary>Starts a stage that waits for somebody; a run that has ended without it goes on.</summary>
    /// <exception cref="WireException">There is no such stage, or it waits for nobody.</exception>
    public Task StartStageAsync(string name) => ReviveAsync(() =>
    {
        Keep(new RunInput.StageReleased(name));
        ReleaseStage(name);
    });

    private void RetryStage(string name, bool allJobs)
    {
        var stage = StageNamed(name);
        if (stage.Result is not { } result)
        {
            throw Refusal.BadRequest($"Stage {stage.Definition.Name} of run {Facts.Number} has not ended.");
        }

        if (!allJobs && result is NodeResult.Succeeded or NodeResult.SucceededWithIssues or NodeResult.Skipped)
        {
            throw Refusal.BadRequest($"Stage {stage.Definition.Name} of run {Facts.Number} has no job that failed.");
        }

        foreach (var dependent in _stages.Where(other => DependsOn(other, stage) && other.Result is not null).ToList())
        {
            Renew(dependent, keeps: _ => false);
        }

        Renew(stage, keeps: leg => !allJobs && leg.Result is NodeResult.Succeeded or NodeResult.SucceededWithIssues);
    }

    private void ReleaseStage(string name)
    {
        var stage = StageNamed(name);
        if (!WaitsForSomebody(stage))
        {
            throw Refusal.BadRequest($"Stage {stage.Definition.Name} of run {Facts.Number} does not wait to be started.");
        }

        _released.Add(stage.Definition.Name);
    }

    private StageNode StageNamed(string name) => _stages.Find(stage => Same(stage.Definition.Name, name))
        ?? throw Refusal.NotFound($"Run {Facts.Number} has no stage {name}.");

    private bool DependsOn(StageNode stage, StageNode before) => !ReferenceEquals(stage, before) && new Ancestors(
        stage.Definition.DependsOn, [.. _stages.Select(other => new NodeView(other.Definition.Name, other.Definition.DependsOn, other.Result))])
        .All.Any(ancestor => Same(ancestor.Name, before.Definition.Name));

    /// <summary>Changes a run that goes, or goes on with one that has ended.</summary>
    private async Task ReviveAsync(Action change)
    {
        while (true)
        {
            lock (_reviving)
            {
                if (_gone)
                {
                    throw Refusal.BuildNotFound(Facts.Id);
                }

                if (Completion.IsCompletedSuccessfully)
                {
                    lock (_gate)
                    {
                        change();
                        (_over, _canceling, _result, _finishedAt) = (false, false, null, null);
                        (_checksEnd, _commands) = (new(), NewCommands());
                        Events.Reopen();
                    }

                    Completion = Task.Run(() => RunAsync(begin: false));
                    return;
                }
            }

            Task? asked = TryInvoke(() =>
            {
                change();
                return _graphChanged = true;
            });
            if (asked is not null)
            {
                await asked.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (asked.IsCompletedSuccessfully || !_over)
                {
                    await asked;
                    return;
                }
            }

            // The run ended meanwhile: it is over, or the service is.
            await Completion;
        }
    }

    /// <summary>Puts a further attempt in the place of a stage, with the jobs and legs that are kept.</summary>
    private void Renew(StageNode before, Func<LegNode, bool> keeps)
    {
        var after = new StageNode(before);
        after.Jobs = [.. before.Jobs.Select(job => Renew(job, after, keeps))];
        _stages[_stages.IndexOf(before)] = after;
        Record(after.ToRecord() with { PreviousAttempts = Attempts(before.RecordId, before.Attempt) });
        foreach (var job in after.Jobs)
        {
            if (before.Jobs.Contains(job))
            {
                Main.Move(job.PhaseId, after.RecordId);
                continue;
            }

            var old = before.Jobs.First(old => ReferenceEquals(old.Definition, job.Definition));
            Record(job.ToRecord() with { PreviousAttempts = Attempts(old.PhaseId, old.Attempt) });
            foreach (var leg in job.Legs)
            {
                if (old.Legs.Contains(leg))
                {
                    Main.Move(leg.RecordId, job.PhaseId);
                    continue;
                }

                var known = old.Legs.FirstOrDefault(known => known.Leg.Name == leg.Leg.Name);
                foreach (var record in leg.ToRecords())
                {
                    Record(record.Type == "Job" && known is not null
                        ? record with { PreviousAttempts = Attempts(known.RecordId, known.Attempt) }
                        : record);
                }
            }
        }

        // What was not moved is of the attempt before.
        Main.Supersede(before.RecordId);
    }

    private static JobNode Renew(JobNode before, StageNode stage, Func<LegNode, bool> keeps)
    {
        if (before is { Result: NodeResult.Succeeded or NodeResult.SucceededWithIssues, Legs.Count: > 0 } && before.Legs.All(keeps))
        {
            before.Stage = stage;
            return before;
        }

        var after = new JobNode(stage, before.Definition, before.Attempt + 1);
        if (before.Expansion is { InTurn: false } expansion && before.Legs.Any(keeps))
        {
            after.Resume(expansion, [.. before.Legs.Select(leg => keeps(leg) ? leg : new LegNode(after, leg.Leg))]);
            foreach (var kept in after.Legs)
            {
                kept.Job = after;
            }
        }

        return after;
    }

    private List<PreviousAttempt> Attempts(Guid recordId, int attempt) =>
    [
        .. Main.Find(recordId)?.PreviousAttempts ?? [],
        new PreviousAttempt { Attempt = attempt, TimelineId = Facts.TimelineId, RecordId = recordId },
    ];
}
