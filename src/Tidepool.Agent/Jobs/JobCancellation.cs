namespace Tidepool.Agent.Jobs;

/// <summary>A job's way from running to cancelled, and on to given up.</summary>
internal sealed class JobCancellation(TimeProvider clock) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _requested = new();
    private readonly CancellationTokenSource _ended = new(Timeout.InfiniteTimeSpan, clock);
    private bool _disposed;

    /// <summary>The job is cancelled: steps end unless their condition holds in spite of it.</summary>
    public CancellationToken Requested => _requested.Token;

    /// <summary>The time for such steps is over too.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Where the job reports to; null until it does.</summary>
    public Reports.JobReport? Report { get; set; }

    /// <summary>The job is not this agent's any more: nothing is reported.</summary>
    public bool Abandoned { get; private set; }

    public void Cancel(TimeSpan timeout) => IfRunning(() =>
    {
        _ = _requested.CancelAsync();
        _ended.CancelAfter(TimerSpan.Of(timeout));
    });

    public void Abandon() => IfRunning(() =>
    {
        Abandoned = true;
        _ = _requested.CancelAsync();
        _ = _ended.CancelAsync();
    });

    /// <summary>After this nothing can be cancelled.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }
        _requested.Dispose();
        _ended.Dispose();
    }

    private void IfRunning(Action cancel)
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                cancel();
            }
        }
    }
}
