using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

internal sealed partial class RunLoop
{
    // What a timer can hold: 49.7 days. No run lives so long.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private void LimitTime(JobNode job)
    {
        if (job.Plan!.Timeout is { } limit && !job.Stopping)
        {
            var reason = $"The job running on agent {job.AgentName} ran longer than the maximum time of {limit.TotalMinutes:0.##} minutes.";
            job.Deadline = Timer(limit, () => Post(() => Stop(job, reason)));
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
        foreach (var job in Jobs.Where(job => job is { Request: not null, Result: null }))
        {
            Stop(job, "The run was canceled.");
        }
    }

    /// <summary>Asks the agent to stop the job, and ends the job when it does not in its cancel timeout.</summary>
    private void Stop(JobNode job, string reason)
    {
        if (job.Result is not null || job.Stopping)
        {
            return;
        }

        var (request, limit) = (job.Request!, job.Plan!.CancelTimeout);
        (job.StopReason, job.Stopping) = (reason, true);
        job.Deadline?.Dispose();
        var end = $"{reason} Agent {job.AgentName} did not stop it within {limit.TotalMinutes:0.##} minutes.";
        job.Deadline = Timer(limit, () => _pool.Finish(request.Id, NodeResult.Canceled, end));
        _pool.Cancel(request.Id, limit);
    }

    /// <summary>Does something later; a limit beyond what a timer can hold is none.</summary>
    private ITimer Timer(TimeSpan limit, Action then) =>
        _clock.CreateTimer(_ => then(), null, limit > LongestTimer ? Timeout.InfiniteTimeSpan : limit, Timeout.InfiniteTimeSpan);
}
