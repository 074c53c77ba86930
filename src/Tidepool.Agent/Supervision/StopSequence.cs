using Tidepool.Agent.Posix;

namespace Tidepool.Agent.Supervision;

/// <summary>
/// The agent's end, phase by phase, each with a limit and a line in the log: no more jobs; the running one ends; the listener
/// cancels what still runs, and ends; what is left is killed; the registration is removed. See <see cref="StopBudget"/>.
/// </summary>
/// <param name="drain">How long a running job may go on after SIGTERM.</param>
internal sealed class StopSequence(PoolAgentClient pool, PoolAgent agent, JobWatch jobs, TimeSpan drain, ShutdownSignals signals, TimeProvider clock)
{
    /// <summary>How long a job that is assigned to the agent may take to begin. Microsoft's listener asks for jobs every 5 to 15 s.</summary>
    private static readonly TimeSpan Assigned = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly long _start = clock.GetTimestamp();

    /// <summary>What is waited for; null for nothing.</summary>
    private string? _awaited;

    /// <summary>Ends the listener. A running job may go on for as long as it needs until SIGTERM comes, or came; a second signal cancels it.</summary>
    public async Task EndListenerAsync(SupervisedProcess listener)
    {
        using var limit = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        using var limited = signals.Stop.Register(() => limit.CancelAfter(drain));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, signals.CancelJob);

        var disabled = await DisableAsync();
        var since = clock.GetTimestamp();
        var waiting = WaitForJobsAsync(disabled, end.Token);
        await Task.WhenAny(waiting, listener.Exit);
        if (listener.Exit.IsCompleted)
        {
            await end.CancelAsync();
        }
        try
        {
            if (await waiting)
            {
                Phase($"{_awaited} ended", since);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            if (_awaited is not null && !listener.Exit.IsCompleted)
            {
                Phase($"{_awaited} did not end in time and is cancelled", since);
            }
        }

        since = clock.GetTimestamp();
        listener.Signal(Libc.SIGINT);
        try
        {
            var code = await listener.Exit.WaitAsync(StopBudget.Interrupt, clock, CancellationToken.None);
            Phase($"the listener ended with exit code {code}", since);
        }
        catch (TimeoutException)
        {
            listener.Kill();
            Phase($"the listener did not end within {StopBudget.Interrupt.TotalSeconds:0} s of SIGINT and is killed", since);
        }
    }

    /// <summary>What every end has in common, also one that nobody asked for: nothing of the agent is left, here and in the pool.</summary>
    /// <param name="protection">Ends when the task's protection was let go.</param>
    public async Task LeaveAsync(Task protection)
    {
        var since = clock.GetTimestamp();
        if (await LeftOvers.KillAsync(clock) is { Count: > 0 } killed)
        {
            Phase($"killed what was left: {string.Join(", ", killed)}", since);
        }
        since = clock.GetTimestamp();
        jobs.Close();
        await Task.WhenAny(protection, Task.Delay(StopBudget.Protection, clock, CancellationToken.None));
        using var limit = new CancellationTokenSource(StopBudget.Remove, clock);
        var removed = await WithinAsync(pool.RemoveAsync(agent, limit.Token), limit);
        Phase(removed ? $"agent {agent.Name} was removed from the pool" : $"agent {agent.Name} could not be removed and stays in the pool as offline", since);
        AgentLog.Info($"Stop: done, after {Seconds(_start)} in all.");
    }

    private async Task<bool> DisableAsync()
    {
        var since = clock.GetTimestamp();
        using var limit = new CancellationTokenSource(StopBudget.Disable, clock);
        var disabled = await WithinAsync(pool.DisableAsync(agent, limit.Token), limit);
        Phase(disabled ? $"the pool sends agent {agent.Name} no more jobs" : "the pool could not be told to send no more jobs", since);
        return disabled;
    }

    /// <summary>Waits until no job runs and none is on its way.</summary>
    /// <returns>Whether a job ran.</returns>
    private async Task<bool> WaitForJobsAsync(bool disabled, CancellationToken ct)
    {
        var ran = false;
        var since = clock.GetTimestamp();
        while (true)
        {
            if (jobs.IsRunning)
            {
                _awaited = $"job {jobs.Job ?? "of an unknown name"}";
                AgentLog.Info($"Stop: {_awaited} is waited for.");
                await jobs.WhenAsync(running: false, ct);
                ran = true;
            }
            if (ran || !disabled || clock.GetElapsedTime(since) > Assigned || await pool.HasJobAsync(agent, ct) is not true)
            {
                return ran;
            }

            // The pool gave the agent a job that the listener has not fetched yet.
            _awaited = "a job that is assigned";
            await Task.Delay(LookAgain, clock, ct);
        }
    }

    /// <summary>A call to the pool that never takes longer than its limit.</summary>
    private static async Task<bool> WithinAsync(Task<bool> call, CancellationTokenSource limit)
    {
        try
        {
            return await call;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return false;
        }
    }

    private void Phase(string what, long since) => AgentLog.Info($"Stop: {what}, after {Seconds(since)}.");

    private string Seconds(long since) => $"{clock.GetElapsedTime(since).TotalSeconds:0.0} s";
}
