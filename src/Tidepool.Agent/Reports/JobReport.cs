using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Reports;

/// <summary>Sends a job's records, live lines and logs in the background.</summary>
internal sealed class JobReport : IDisposable
{
    /// <summary>How long lines gather before they are sent; a step's first line and every change of a record go at once.</summary>
    private static readonly TimeSpan DefaultGather = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RecordLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(2);

    private readonly PlanClient _plan;
    private readonly TimeProvider _clock;
    private readonly ReportQueue _queue = new();
    private readonly CancellationTokenSource _flushing = new();
    private readonly Task _sending;
    private bool _unwell;
    private TimeSpan _gather = DefaultGather;

    public JobReport(PlanClient plan, TimeProvider clock)
    {
        (_plan, _clock) = (plan, clock);
        Logs = new LogUploader(plan, clock);
        _sending = SendAllAsync();
    }

    public LogUploader Logs { get; }

    public void Add(TimelineRecord record) => _queue.Add(record);

    /// <summary>Makes a timeline below a step's record.</summary>
    public void AddTimeline(Guid id) => _queue.AddTimeline(id);

    /// <summary>Adds a record to a timeline that was made before.</summary>
    public void AddDetail(Guid timeline, TimelineRecord record) => _queue.Add(record, timeline);

    /// <summary>Attaches a file to a record.</summary>
    /// <exception cref="WireException">The service refused it.</exception>
    /// <exception cref="HttpRequestException">The service is out of reach.</exception>
    public Task AttachAsync(Guid record, string type, string name, ReadOnlyMemory<byte> content) =>
        Retry.RunAsync(token => _plan.AttachAsync(record, type, name, content, token), RecordLimit, _clock, CancellationToken.None);

    /// <summary>How long live lines gather from now on, as the service asks for.</summary>
    public void GatherFor(TimeSpan span) => _gather = span;

    public void AddLine(Guid step, long number, string line) => _queue.Add(step, number, line);

    /// <summary>Sends all that is left, then the job's end. After this nothing may be added.</summary>
    public async Task CompleteAsync(string? result)
    {
        await Logs.FinishAsync();
        await _flushing.CancelAsync();
        await _sending;
        if (result is null)
        {
            return;
        }
        try
        {
            await Retry.RunAsync(token => _plan.CompleteJobAsync(result, token), EndLimit, _clock, CancellationToken.None);
        }
        catch (Exception e) when (e is HttpRequestException or WireException)
        {
            AgentLog.Warning($"The job's end could not be reported: {e.Message}");
        }
    }

    public void Dispose() => _flushing.Dispose();

    private async Task SendAllAsync()
    {
        while (true)
        {
            var last = _flushing.IsCancellationRequested;
            while (_queue.Take() is { } item)
            {
                await SendAsync(item);
                if (_queue.IsFlooded && item is ReportItem.Lines && !_flushing.IsCancellationRequested)
                {
                    await WaitAsync();
                }
            }
            if (last)
            {
                return;
            }
            await WaitAsync();
        }
    }

    private async Task WaitAsync()
    {
        try
        {
            // An urgent item ends the wait early.
            await _queue.Urgent.WaitAsync(_gather, _flushing.Token);
        }
        catch (OperationCanceledException)
        {
            // One more round takes what is left.
        }
    }

    private async Task SendAsync(ReportItem item)
    {
        try
        {
            await (item switch
            {
                ReportItem.Records(var timeline, var changed) => Retry.RunAsync(
                    token => _plan.UpdateRecordsAsync(timeline, changed, token),
                    _unwell ? TimeSpan.Zero : RecordLimit,
                    _clock,
                    CancellationToken.None),

                ReportItem.NewTimeline(var id) => Retry.RunAsync(
                    token => _plan.CreateTimelineAsync(id, token),
                    _unwell ? TimeSpan.Zero : RecordLimit,
                    _clock,
                    CancellationToken.None),

                // Never tried again: the log has them.
                ReportItem.Lines(var step, var start, var text) => _plan.PostLinesAsync(step, start, text, CancellationToken.None),
                var other => throw new InvalidOperationException($"Unhandled item {other}."),
            });
            _unwell = false;
        }
        catch (Exception e) when (e is HttpRequestException or WireException)
        {
            // The job goes on. One line says so, and until a call succeeds none is tried twice.
            if (!_unwell)
            {
                AgentLog.Warning($"A part of the job's report could not be sent: {e.Message}");
            }
            _unwell = true;
        }
    }
}
