using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Jobs;

/// <summary>What ends a try of a step early: its timeout, a cancel of the job, its own <c>task.complete done=true</c>.</summary>
internal sealed class StepLimits : IDisposable
{
    private readonly CancellationTokenSource _timeout;
    private readonly CancellationTokenSource _canceled;
    private readonly CancellationTokenSource _done = new();
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenRegistration _onCancel;

    /// <param name="holdsInSpiteOfCancel">Whether the step's condition holds in a cancelled job; asked when the cancel comes.</param>
    public StepLimits(JobStep step, JobCancellation job, Func<bool> holdsInSpiteOfCancel, TimeProvider clock)
    {
        _timeout = new(step.TimeoutInMinutes > 0 ? TimerSpan.Of(TimeSpan.FromMinutes(step.TimeoutInMinutes)) : Timeout.InfiniteTimeSpan, clock);
        _canceled = CancellationTokenSource.CreateLinkedTokenSource(job.Ended);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token, _canceled.Token, _done.Token);
        _onCancel = job.Requested.Register(() =>
        {
            if (!holdsInSpiteOfCancel())
            {
                _canceled.Cancel();
            }
        });
    }

    /// <summary>The step must end now.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>The step said that it is complete.</summary>
    public void Done() => _done.Cancel();

    /// <summary>The step's result in the light of what ended it.</summary>
    /// <param name="ofTask">What the task itself made of it.</param>
    /// <param name="ofCommands">The worst result of the step's logging commands.</param>
    public StepEnd Judge(JobStatus ofTask, JobStatus? ofCommands)
    {
        if (_canceled.IsCancellationRequested)
        {
            return new(JobStatus.Canceled, "The operation was canceled.", MayRetry: false);
        }
        if (_timeout.IsCancellationRequested)
        {
            return new(JobStatus.Failed, "The task has timed out.", MayRetry: false);
        }
        return _done.IsCancellationRequested
            ? new(JobStatus.Succeeded.Merge(ofCommands), null, MayRetry: false)
            : new(ofTask.Merge(ofCommands), null, MayRetry: true);
    }

    public void Dispose()
    {
        _onCancel.Dispose();
        _stop.Dispose();
        _done.Dispose();
        _canceled.Dispose();
        _timeout.Dispose();
    }
}

/// <summary>How one try of a step ended.</summary>
/// <param name="Error">What to tell the user beyond what the task told.</param>
internal sealed record StepEnd(JobStatus Result, string? Error, bool MayRetry);
