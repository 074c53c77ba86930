using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

internal sealed partial class RunLoop
{
    // What a timer can hold: 49.7 days. No run lives so long.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private void LimitTime(LegNode leg)
    {
        if (leg.Plan!.Timeout is { } limit && !leg.Stopping)
        {
            var reason = $"The job running on {(leg.AgentName is null ? Server : $"agent {leg.AgentName}")} ran longer than the maximum time of {limit.TotalMinutes:0.##} minutes.";
            leg.Deadline = Timer(limit, () => Post(() => Stop(leg, reason)));
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

    /// <summary>Does something later; a limit beyond what a timer can hold is none.</summary>
    private ITimer Timer(TimeSpan limit, Action then) =>
        _clock.CreateTimer(_ => then(), null, limit > LongestTimer ? Timeout.InfiniteTimeSpan : limit, Timeout.InfiniteTimeSpan);
}
