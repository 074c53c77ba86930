using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.State;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

internal sealed partial class RunLoop
{
    // What a timer can hold: 49.7 days. No run lives so long.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    // Long enough for what came back to be whole.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    private void LimitTime(LegNode leg)
    {
        if (leg.Plan!.Timeout is { } limit && !leg.Stopping)
        {
            var reason = $"The job running on {(leg.AgentName is null ? Server : $"agent {leg.AgentName}")} ran longer than the maximum time of {limit.TotalMinutes:0.##} minutes.";
            leg.Deadline = Timer(limit, () => Post(() =>
            {
                Keep(new RunInput.TimedOut(leg.RecordId, reason));
                Stop(leg, reason);
            }));
        }
    }

    private void Cancel()
    {
        if (_canceling)
        {
            return;
        }

        _canceling = _graphChanged = true;
        _checksEnd.Cancel();
        foreach (var job in Jobs.Where(job => job is { Started: true, Result: null }))
        {
            job.Stopping = true;
        }

        foreach (var leg in Legs.Where(leg => leg is { Started: true, Result: null }).ToList())
        {
            Stop(leg, "The run was canceled.");
        }
    }

    /// <summary>Cancels a stage, while the run goes on: what runs of it is asked to stop, and a stage that has not started ends at once.</summary>
    /// <param name="name">The stage; ignores case.</param>
    /// <remarks>
    /// Source: https://learn.microsoft.com/rest/api/azure/devops/build/stages/update. Inferred: to the conditions of its jobs the run is being
    /// cancelled, and the stage is canceled unless a job of it failed.
    /// </remarks>
    /// <exception cref="WireException">There is no such stage, or it has ended.</exception>
    public Task CancelStageAsync(string name) => TryInvoke(() =>
    {
        Keep(new RunInput.StageCanceled(name));
        CancelStage(name);
        return true;
    }) ?? throw Refusal.BadRequest($"Run {Facts.Number} has ended.");

    private void CancelStage(string name)
    {
        const string reason = "The stage was canceled.";
        var stage = StageNamed(name);
        if (stage.Result is not null)
        {
            throw Refusal.BadRequest($"Stage {stage.Definition.Name} of run {Facts.Number} has ended.");
        }

        _graphChanged = true;
        if (!stage.Started)
        {
            FinishUnrun(stage, NodeResult.Canceled, reason);
            return;
        }

        stage.Canceling = true;
        foreach (var job in stage.Jobs.Where(job => job is { Started: true, Result: null }))
        {
            job.Stopping = true;
        }

        foreach (var leg in stage.Jobs.SelectMany(job => job.Legs).Where(leg => leg is { Started: true, Result: null }).ToList())
        {
            Stop(leg, reason);
        }
    }

    /// <summary>Asks the agent to stop the job, and ends the job when it does not in its cancel timeout.</summary>
    private void Stop(LegNode leg, string reason)
    {
        if (leg.Result is not null || leg.Stopping)
        {
            return;
        }

        if (leg.Request is null)
        {
            FinishLeg(leg, NodeResult.Canceled, reason);
            AdvanceLegs(leg.Job);
            return;
        }

        var (request, limit) = (leg.Request, leg.Plan!.CancelTimeout);
        (leg.StopReason, leg.Stopping) = (reason, true);
        leg.Deadline?.Dispose();
        var end = $"{reason} Agent {leg.AgentName} did not stop it within {limit.TotalMinutes:0.##} minutes.";
        leg.Deadline = Timer(limit, () => _pool.Finish(request.Id, NodeResult.Canceled, end));
        _pool.Cancel(request.Id, limit);
    }

    /// <summary>Does something later; a limit beyond what a timer can hold is none. One that ran out while no service was there, soon.</summary>
    private ITimer Timer(TimeSpan limit, Action then)
    {
        var left = _replayedAt is { } at ? at + limit - _clock.GetUtcNow() : limit;
        return _clock.CreateTimer(
            _ => then(),
            null,
            limit > LongestTimer ? Timeout.InfiniteTimeSpan : _replayedAt is null || left > Soon ? left : Soon,
            Timeout.InfiniteTimeSpan);
    }
}
