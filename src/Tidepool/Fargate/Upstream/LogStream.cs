using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Tidepool.Fargate.Upstream;

/// <summary>Sends the lines of one container to its stream in CloudWatch Logs: in order, many at a time.</summary>
/// <remarks>
/// As with the driver's mode <c>non-blocking</c>, a container is never held up: what does not fit in the buffer is lost.
/// Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html for the buffer of 10 MiB and
/// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html for the sizes.
/// </remarks>
internal sealed class LogStream
{
    private const int LargestBatch = 1_048_576;
    private const int LargestEvent = 262_144 - EventOverhead;
    private const int EventOverhead = 26;
    private const int MostEvents = 10_000;
    private const int MostRetries = 5;
    private const long Buffer = 10 * 1024 * 1024;

    // Lines of one burst go together; AWS's driver waits up to 5 s.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);

    // A batch that is refused is sent again after 1, 2, 4, 8 and 16 s.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly UpstreamClient _upstream;
    private readonly LogTarget _target;
    private readonly TimeProvider _clock;
    private readonly Action<string> _lost;
    private readonly Channel<LogEvent> _events = Channel.CreateUnbounded<LogEvent>(new() { SingleReader = true });
    private readonly MemoryStream _line = new();
    private readonly CancellationTokenSource _completed = new();
    private readonly Task _sending;
    private long _buffered;
    private int _retries = MostRetries;

    /// <summary>Takes lines for a stream that is there.</summary>
    /// <param name="upstream">Where it is.</param>
    /// <param name="target">Its name.</param>
    /// <param name="clock">Clock of events and waits.</param>
    /// <param name="lost">Told the reason when lines are lost.</param>
    public LogStream(UpstreamClient upstream, LogTarget target, TimeProvider clock, Action<string> lost)
    {
        (_upstream, _target, _clock, _lost) = (upstream, target, clock, lost);
        _sending = Task.Run(SendAllAsync);
    }

    /// <summary>Takes output; a line goes when it ends. From one thread at a time.</summary>
    public void Write(ReadOnlySpan<byte> output)
    {
        while (output.IndexOf((byte)'\n') is >= 0 and var end)
        {
            _line.Write(output[..end]);
            EndLine();
            output = output[(end + 1)..];
        }

        _line.Write(output);
        while (_line.Length >= LargestEvent)
        {
            EndLine();
        }
    }

    /// <summary>Ends a line that no line feed ended: the container's last.</summary>
    public void Flush() => EndLine();

    /// <summary>Takes nothing more, and waits until all is sent or cannot be.</summary>
    /// <param name="ct">Ends the wait.</param>
    public async Task CompleteAsync(CancellationToken ct)
    {
        _events.Writer.TryComplete();
        await _completed.CancelAsync();
        await _sending.WaitAsync(ct);
    }

    private void EndLine()
    {
        var bytes = _line.GetBuffer().AsSpan(0, (int)_line.Length).TrimEnd((byte)'\r');
        for (; bytes.Length > 0; bytes = bytes[Math.Min(bytes.Length, LargestEvent)..])
        {
            // CloudWatch Logs takes no empty event.
            var text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, LargestEvent)]);
            var size = Encoding.UTF8.GetByteCount(text) + EventOverhead;
            if (Interlocked.Add(ref _buffered, size) > Buffer)
            {
                Interlocked.Add(ref _buffered, -size);
                _lost($"Lines of {_target.Stream} were lost: the upstream takes them more slowly than they come.");
                break;
            }

            _events.Writer.TryWrite(new(_clock.GetUtcNow(), text, size));
        }

        _line.SetLength(0);
    }

    private async Task SendAllAsync()
    {
        LogEvent? first = null;
        while (first is not null || await _events.Reader.WaitToReadAsync())
        {
            await DelayAsync(Gathering);
            var batch = new List<LogEvent>();
            var size = 0;
            while ((first ?? (_events.Reader.TryRead(out var read) ? read : null)) is { } next)
            {
                first = null;
                if (batch.Count == MostEvents || size + next.Size > LargestBatch)
                {
                    first = next;
                    break;
                }

                batch.Add(next);
                size += next.Size;
            }

            if (batch.Count > 0)
            {
                await SendAsync(batch);
                Interlocked.Add(ref _buffered, -size);
            }
        }
    }

    // Once a batch was given up, those after it are tried once each, with a long pause between, until one is taken.
    private async Task SendAsync(List<LogEvent> batch)
    {
        for (var retry = 0; ; retry++)
        {
            var last = retry >= _retries || _completed.IsCancellationRequested;
            try
            {
                var events = batch.Select(entry => new JsonObject { ["timestamp"] = entry.At.ToUnixTimeMilliseconds(), ["message"] = entry.Text });
                await _upstream.AskAsync(
                    "logs",
                    "Logs_20140328.PutLogEvents",
                    new() { ["logGroupName"] = _target.Group, ["logStreamName"] = _target.Stream, ["logEvents"] = new JsonArray([.. events]) },
                    _target.Region,
                    CancellationToken.None);
                _retries = MostRetries;
                return;
            }
            catch (UpstreamException e)
            {
                if (last)
                {
                    _retries = 0;
                    _lost($"Lines of {_target.Stream} were lost: {e.Message}");
                }

                await DelayAsync(Pause * (1 << (last ? MostRetries : retry)));
                if (last)
                {
                    return;
                }
            }
        }
    }

    private async Task DelayAsync(TimeSpan time)
    {
        try
        {
            await Task.Delay(time, _clock, _completed.Token);
        }
        catch (OperationCanceledException) when (_completed.IsCancellationRequested)
        {
            // Nothing more comes that could be waited for.
        }
    }

    private sealed record LogEvent(DateTimeOffset At, string Text, int Size);
}

/// <summary>A stream of CloudWatch Logs.</summary>
internal sealed record LogTarget(string Group, string Stream, string Region);
