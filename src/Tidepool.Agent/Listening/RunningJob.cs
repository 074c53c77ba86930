using Tidepool.Agent.Jobs;
using Tidepool.Agent.Reports;
using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Listening;

/// <summary>A job at work and the lease that says it is alive.</summary>
internal sealed class RunningJob
{
    /// <summary>What steps that run in spite of a cancel (always(), canceled()) get when the container is about to end.</summary>
    public static readonly TimeSpan ShortestCancel = TimeSpan.FromSeconds(8);

    private readonly JobCancellation _cancellation;

    private RunningJob(AgentJobRequestMessage request, JobCancellation cancellation) =>
        (JobId, Name, _cancellation) = (request.JobId, request.JobDisplayName, cancellation);

    public Guid JobId { get; }
    public string Name { get; }

    /// <summary>Ends with the job; never fails.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    public static RunningJob Start(WireClient client, AgentJobRequestMessage request, JobHost host, Action onEnded)
    {
        var job = new RunningJob(request, new JobCancellation(host.Clock));

        // On the pool: the caller holds a lock, and the job may end before this returns.
        job.Ended = Task.Run(() => job.RunAsync(client, request, host, onEnded));

        // A bug in the agent, for whatever the world does to a job is caught where it happens: end loudly, the lease tells the service.
        _ = job.Ended.ContinueWith(
            failed => Environment.FailFast("The agent failed while it ran a job.", failed.Exception),
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return job;
    }

    /// <summary>Cancels; steps that run in spite of it have <paramref name="timeout"/> for that.</summary>
    public void Cancel(TimeSpan timeout) => _cancellation.Cancel(timeout);

    /// <summary>How often the job's live lines are wanted from now on.</summary>
    public void Pace(TimeSpan span) => _cancellation.Report?.GatherFor(span);

    private async Task RunAsync(WireClient client, AgentJobRequestMessage request, JobHost host, Action onEnded)
    {
        // The words of Microsoft's agent, by which a supervisor of either follows its jobs.
        AgentLog.Info($"{host.Clock.GetUtcNow():u}: Running job: {Name}");
        var result = JobStatus.Abandoned;
        var lease = new JobLease(client, host.Agent.PoolId, request.RequestId, host.Clock);
        try
        {
            if (!await lease.TakeAsync(CancellationToken.None))
            {
                AgentLog.Warning($"Job {Name} was dropped: its lease could not be taken.");
                return;
            }
            using var ended = new CancellationTokenSource();
            var keeping = lease.KeepAsync(_cancellation.Abandon, ended.Token);
            result = await new JobRunner(request, host, _cancellation).RunAsync();
            await ended.CancelAsync();
            await keeping;
            if (request.Plan.Version < PlanClient.FirstVersionWithEvents && !_cancellation.Abandoned)
            {
                await lease.FinishAsync(result, CancellationToken.None);
            }
        }
        finally
        {
            AgentLog.Info($"{host.Clock.GetUtcNow():u}: Job {Name} completed with result: {result}");
            _cancellation.Dispose();
            onEnded();
        }
    }
}
