using System.Text;
using System.Threading.Channels;
using Tidepool.Agent.Wire;

namespace Tidepool.Agent.Reports;

/// <summary>The log of one record, gathered in memory: a full disk costs no line of it.</summary>
internal sealed class RecordLog(LogUploader uploader, StepRecord record)
{
    /// <summary>Bytes after which a page is sent while the step goes on.</summary>
    private const int PageSize = 1024 * 1024;

    private readonly Lock _gate = new();
    private MemoryStream _page = new();
    private bool _begun;

    /// <param name="line">As <see cref="LogLineBuffer"/> makes it.</param>
    public void Write(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            if (!_begun)
            {
                // As the service's own agent begins a log.
                _page.Write(Encoding.UTF8.Preamble);
                _begun = true;
            }
            _page.Write(line);
            if (_page.Length >= PageSize)
            {
                Send();
            }
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            if (_page.Length > 0)
            {
                Send();
            }
        }
    }

    private void Send()
    {
        uploader.Add(record, _page.GetBuffer().AsMemory(0, (int)_page.Length));
        _page = new(PageSize + PageSize / 64);
    }
}

/// <summary>Uploads log pages in order. A step that writes faster than they go out waits.</summary>
internal sealed class LogUploader
{
    /// <summary>Pages of a megabyte that may wait.</summary>
    private const int Backlog = 16;
    private static readonly TimeSpan PageLimit = TimeSpan.FromMinutes(2);

    private readonly PlanClient _plan;
    private readonly TimeProvider _clock;
    private readonly Channel<(StepRecord Record, ReadOnlyMemory<byte> Text)> _pages =
        Channel.CreateUnbounded<(StepRecord, ReadOnlyMemory<byte>)>(new() { SingleReader = true });
    private readonly SemaphoreSlim _room = new(Backlog);
    private readonly Dictionary<Guid, int> _logs = [];
    private readonly Task _uploading;

    public LogUploader(PlanClient plan, TimeProvider clock)
    {
        (_plan, _clock) = (plan, clock);
        _uploading = UploadAllAsync();
    }

    /// <summary>Waits while too many pages wait.</summary>
    public void Add(StepRecord record, ReadOnlyMemory<byte> text)
    {
        _room.Wait();
        _pages.Writer.TryWrite((record, text));
    }

    public Task FinishAsync()
    {
        _pages.Writer.Complete();
        return _uploading;
    }

    private async Task UploadAllAsync()
    {
        await foreach (var (record, text) in _pages.Reader.ReadAllAsync())
        {
            try
            {
                await Retry.RunAsync(token => UploadAsync(record, text, token), PageLimit, _clock, CancellationToken.None);
            }
            catch (Exception e) when (e is HttpRequestException or WireException)
            {
                AgentLog.Warning($"A page of a log could not be sent: {e.Message}");
            }
            _room.Release();
        }
    }

    private async Task UploadAsync(StepRecord record, ReadOnlyMemory<byte> text, CancellationToken ct)
    {
        if (!_logs.TryGetValue(record.Id, out var log))
        {
            log = await _plan.CreateLogAsync(record.Id, ct);
            _logs.Add(record.Id, log);
        }
        await _plan.AppendLogAsync(log, text, ct);
        if (record.Value.Log?.Id != log)
        {
            record.Update(value => value with { Log = new() { Id = log } });
        }
    }
}
