using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Reports;

/// <summary>Sends a job's records, live lines and logs in the background.</summary>
internal sealed class JobReport : IDisposable
{
    /// <summary>How long lines gather before they are sent; a step's first line and every change of a record go at once.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RecordLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(2);

    private readonly PlanClient plan;
    private readonly TimeProvider clock;
    private readonly ReportQueue queue = new();
    private readonly CancellationTokenSource flushing = new();
    private readonly Task sending;
    private bool unwell;

    public JobReport(PlanClient plan, TimeProvider clock)
    {
        (this.plan, this.clock) = (plan, clock);
        Logs = new LogUploader(plan, clock);
        sending = SendAllAsync();
    }

    public LogUploader Logs { get; }

    public void Add(TimelineRecord record) => queue.Add(record);

    public void AddLine(Guid step, long number, string line) => queue.Add(step, number, line);

    /// <summary>Sends all that is left, then the job's end. After this nothing may be added.</summary>
    public async Task CompleteAsync(string? result)
    {
        await Logs.FinishAsync();
        await flushing.CancelAsync();
        await sending;
        if (result is null)
        {
            return;
        }
        try
        {
            await Retry.RunAsync(token => plan.CompleteJobAsync(result, token), EndLimit, clock, CancellationToken.None);
        }
        catch (Exception e) when (e is HttpRequestException or WireException)
        {
            AgentLog.Warning($"The job's end could not be reported: {e.Message}");
        }
    }

    public void Dispose() => flushing.Dispose();

    private async Task SendAllAsync()
    {
        while (true)
        {
            var last = flushing.IsCancellationRequested;
            while (queue.Take() is { } item)
            {
                await SendAsync(item);
            }
            if (last)
            {
                return;
            }
            try
            {
                // An urgent item ends the wait early.
                await queue.Urgent.WaitAsync(Gather, flushing.Token);
            }
            catch (OperationCanceledException)
            {
                // One more round takes what is left.
            }
        }
    }

    private async Task SendAsync(ReportItem item)
    {
        try
        {
            await (item switch
            {
                ReportItem.Records(var changed) => Retry.RunAsync(
                    token => plan.UpdateRecordsAsync(changed, token), unwell ? TimeSpan.Zero : RecordLimit, clock, CancellationToken.None),

                // Never tried again: the log has them.
                ReportItem.Lines(var step, var start, var text) => plan.PostLinesAsync(step, start, text, CancellationToken.None),
                var other => throw new InvalidOperationException($"Unhandled item {other}."),
            });
            unwell = false;
        }
        catch (Exception e) when (e is HttpRequestException or WireException)
        {
            // The job goes on. One line says so, and until a call succeeds none is tried twice.
            if (!unwell)
            {
                AgentLog.Warning($"A part of the job's report could not be sent: {e.Message}");
            }
            unwell = true;
        }
    }
}
