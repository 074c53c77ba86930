using Tidepool.Agent.Jobs;
using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Listening;

/// <summary>Keeps the job ours: the service takes a job whose agent stopped renewing for lost.</summary>
internal sealed class JobLease(WireClient client, int poolId, long requestId, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TakeLimit = TimeSpan.FromSeconds(30);

    /// <summary>The service may be unwell this long beyond the lease before the job is given up.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    private DateTimeOffset _lockedUntil;

    private string Path => $"_apis/distributedtask/pools/{poolId}/jobrequests/{requestId}?lockToken=00000000-0000-0000-0000-000000000000";

    /// <summary>The first renewal: the job is ours from here. False when the service does not give it.</summary>
    public async Task<bool> TakeAsync(CancellationToken ct)
    {
        try
        {
            await Retry.RunAsync(RenewAsync, TakeLimit, clock, ct);
            return true;
        }
        catch (Exception e) when (e is WireException or HttpRequestException)
        {
            AgentLog.Warning(e.Message);
            return false;
        }
    }

    /// <summary>Renews every minute, oftener under a short lease, until <paramref name="ct"/>.</summary>
    /// <param name="onLost">Called when the job is no longer ours.</param>
    public async Task KeepAsync(Action onLost, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await Task.Delay(NextRenewal(_lockedUntil - clock.GetUtcNow()), clock, ct);
                await Retry.RunAsync(RenewAsync, _lockedUntil - clock.GetUtcNow() + Grace, clock, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The job ended.
        }
        catch (Exception e) when (e is WireException or HttpRequestException)
        {
            AgentLog.Warning($"The job is not ours any more and ends without a report: {e.Message}");
            onLost();
        }
    }

    /// <summary>The end of a job of an old plan version.</summary>
    public async Task FinishAsync(JobStatus result, CancellationToken ct)
    {
        try
        {
            await Retry.RunAsync(
                token => client.SendAsync(
                    HttpMethod.Patch,
                    Path,
                    new TaskAgentJobRequest { RequestId = requestId, FinishTime = clock.GetUtcNow(), Result = result.ToWire() },
                    ProtocolJson.Default.TaskAgentJobRequest,
                    token),
                TakeLimit, clock, ct);
        }
        catch (Exception e) when (e is WireException or HttpRequestException)
        {
            AgentLog.Warning($"The job's end could not be reported: {e.Message}");
        }
    }

    /// <summary>A third of what is left of the lease, between one second and one minute.</summary>
    internal static TimeSpan NextRenewal(TimeSpan left) =>
        TimeSpan.FromTicks(Math.Clamp(left.Ticks / 3, TimeSpan.TicksPerSecond, Interval.Ticks));

    private async Task RenewAsync(CancellationToken ct)
    {
        var answer = await client.SendAsync(
            HttpMethod.Patch,
            Path,
            new TaskAgentJobRequest { RequestId = requestId },
            ProtocolJson.Default.TaskAgentJobRequest,
            ProtocolJson.Default.TaskAgentJobRequest,
            ct);
        _lockedUntil = answer?.LockedUntil ?? clock.GetUtcNow() + Interval;
    }
}
