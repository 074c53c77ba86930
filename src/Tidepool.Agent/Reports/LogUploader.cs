using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Tidepool.Agent.Wire;

namespace Tidepool.Agent.Reports;

/// <summary>The log of one record, gathered in memory: a full disk costs no line of it.</summary>
internal sealed class RecordLog(LogUploader uploader, StepRecord record, TimeProvider clock)
{
    /// <summary>Bytes after which a page is sent while the step goes on.</summary>
    private const int PageSize = 1024 * 1024;

    private readonly Lock gate = new();
    private MemoryStream page = new();
    private bool begun;

    public void Write(string line)
    {
        lock (gate)
        {
            if (!begun)
            {
                // As the service's own agent begins a log.
                page.Write(Encoding.UTF8.Preamble);
                begun = true;
            }
            var now = clock.GetUtcNow().UtcDateTime;
            page.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-ddTHH:mm:ss.fffffffZ} {line}\n")));
            if (page.Length >= PageSize)
            {
                Send();
            }
        }
    }

    public void Close()
    {
        lock (gate)
        {
            if (page.Length > 0)
            {
                Send();
            }
        }
    }

    private void Send()
    {
        uploader.Add(record, page.GetBuffer().AsMemory(0, (int)page.Length));
        page = new();
    }
}

/// <summary>Uploads log pages in order. A step that writes faster than they go out waits.</summary>
internal sealed class LogUploader
{
    /// <summary>Pages of a megabyte that may wait.</summary>
    private const int Backlog = 16;
    private static readonly TimeSpan PageLimit = TimeSpan.FromMinutes(2);

    private readonly PlanClient plan;
    private readonly TimeProvider clock;
    private readonly Channel<(StepRecord Record, ReadOnlyMemory<byte> Text)> pages =
        Channel.CreateUnbounded<(StepRecord, ReadOnlyMemory<byte>)>(new() { SingleReader = true });
    private readonly SemaphoreSlim room = new(Backlog);
    private readonly Dictionary<Guid, int> logs = [];
    private readonly Task uploading;

    public LogUploader(PlanClient plan, TimeProvider clock)
    {
        (this.plan, this.clock) = (plan, clock);
        uploading = UploadAllAsync();
    }

    /// <summary>Waits while too many pages wait.</summary>
    public void Add(StepRecord record, ReadOnlyMemory<byte> text)
    {
        room.Wait();
        pages.Writer.TryWrite((record, text));
    }

    public Task FinishAsync()
    {
        pages.Writer.Complete();
        return uploading;
    }

    private async Task UploadAllAsync()
    {
        await foreach (var (record, text) in pages.Reader.ReadAllAsync())
        {
            try
            {
                await Retry.RunAsync(token => UploadAsync(record, text, token), PageLimit, clock, CancellationToken.None);
            }
            catch (Exception e) when (e is HttpRequestException or WireException)
            {
                AgentLog.Warning($"A page of a log could not be sent: {e.Message}");
            }
            room.Release();
        }
    }

    private async Task UploadAsync(StepRecord record, ReadOnlyMemory<byte> text, CancellationToken ct)
    {
        if (!logs.TryGetValue(record.Id, out var log))
        {
            log = await plan.CreateLogAsync(record.Id, ct);
            logs.Add(record.Id, log);
        }
        await plan.AppendLogAsync(log, text, ct);
        record.Update(value => value with { Log = new() { Id = log } });
    }
}
