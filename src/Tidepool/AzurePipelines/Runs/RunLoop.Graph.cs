using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Pools;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

internal sealed partial class RunLoop
{
    private IEnumerable<JobNode> Jobs => _stages.SelectMany(stage => stage.Jobs);

    private IEnumerable<LegNode> Legs => Jobs.SelectMany(job => job.Legs);

    private void Begin()
    {
        Events.Add(new RunStarted(Now, Facts.Id, Facts.Number));
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
            CanceledStages = _stages.Where(stage => stage.Canceling).Select(stage => stage.Definition.Name).ToHashSet(StringComparer.OrdinalIgnoreCase),
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
            job.DecidedInCancel = _canceling || stage.Canceling;
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
        Events.Add(new StageStarted(Now, stage.Name));
        Record(new() { Id = stage.RecordId, State = RecordStates.InProgress, StartTime = Now });
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
        if (stage.Result is not null)
        {
            // It was cancelled meanwhile.
            return;
        }

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
        Events.Add(new StageFinished(Now, stage.Name, how, stage.Reason));
        Complete(stage.RecordId, how);
    }

    private void FinishRun()
    {
        var how = RunPlanner.Aggregate(_stages.Select(stage => stage.Result).OfType<NodeResult>());
        // A run that was cancelled before anything ran has nothing but skipped nodes; it was cancelled all the same.
        _finishedAt = Now;
        _result = _canceling && how != NodeResult.Failed ? NodeResult.Canceled : how;
        Events.Add(new RunFinished(_finishedAt.Value, _result.Value));
    }
}
