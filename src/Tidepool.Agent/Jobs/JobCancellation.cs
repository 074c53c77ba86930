namespace Tidepool.Agent.Jobs;

/// <summary>A job's way from running to cancelled, and on to given up.</summary>
internal sealed class JobCancellation(TimeProvider clock) : IDisposable
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource requested = new();
    private readonly CancellationTokenSource ended = new(Timeout.InfiniteTimeSpan, clock);
    private bool disposed;

    /// <summary>The job is cancelled: steps end unless their condition holds in spite of it.</summary>
    public CancellationToken Requested => requested.Token;

    /// <summary>The time for such steps is over too.</summary>
    public CancellationToken Ended => ended.Token;

    /// <summary>The job is not this agent's any more: nothing is reported.</summary>
    public bool Abandoned { get; private set; }

    public void Cancel(TimeSpan timeout) => IfRunning(() =>
    {
        _ = requested.CancelAsync();
        ended.CancelAfter(timeout);
    });

    public void Abandon() => IfRunning(() =>
    {
        Abandoned = true;
        _ = requested.CancelAsync();
        _ = ended.CancelAsync();
    });

    /// <summary>After this nothing can be cancelled.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
        }
        requested.Dispose();
        ended.Dispose();
    }

    private void IfRunning(Action cancel)
    {
        lock (gate)
        {
            if (!disposed)
            {
                cancel();
            }
        }
    }
}
