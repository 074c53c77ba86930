using System.Runtime.CompilerServices;

namespace Tidepool.Deployment.Aws;

/// <summary>A stream of a log group; with awslogs, one container of one task.</summary>
/// <param name="LogStreamName"><c>PREFIX/CONTAINER/TASK-ID</c> with awslogs.</param>
public sealed record LogStream(string LogStreamName)
{
    /// <summary>Milliseconds since 1970; null while nothing was written.</summary>
    public long? LastEventTimestamp { get; init; }
}

/// <summary>One line of a log.</summary>
/// <param name="Stream">The stream it is of.</param>
public sealed record LogLine(string Stream, DateTimeOffset At, string Message);

/// <summary>CloudWatch Logs, as far as Tidepool needs it. Every call may throw AWS003 to AWS011.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html</remarks>
public sealed class LogsClient(AwsConnection connection, TimeProvider clock)
{
    private const string NotFound = "ResourceNotFoundException";

    // Lines can come some seconds late, and FilterLogEvents answers 10 requests a second at most in an account.
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(30);

    /// <summary>Lists the newest streams of a group, the one written last first.</summary>
    /// <param name="limit">1 to 50.</param>
    /// <returns>Nothing where there is no such group.</returns>
    public async Task<IReadOnlyList<LogStream>> NewestStreamsAsync(string group, int limit, CancellationToken ct)
    {
        var request = new { LogGroupName = group, OrderBy = "LastEventTime", Descending = true, Limit = limit };
        var (reply, refusal) = await connection.TryCallAsync<StreamsReply>(AwsService.Logs, "DescribeLogStreams", request, AwsJson.Camel, ct);
        return refusal switch
        {
            null => reply!.LogStreams ?? [],
            { Code: NotFound } => [],
            _ => throw refusal.ToException(),
        };
    }

    /// <summary>Reads the last lines of a stream, the oldest first.</summary>
    /// <param name="limit">1 to 10,000.</param>
    /// <returns>Nothing where there is no such group or stream.</returns>
    public async Task<IReadOnlyList<LogLine>> TailAsync(string group, string stream, int limit, CancellationToken ct)
    {
        var request = new { LogGroupName = group, LogStreamName = stream, Limit = limit, StartFromHead = false };
        var (reply, refusal) = await connection.TryCallAsync<EventsReply>(AwsService.Logs, "GetLogEvents", request, AwsJson.Camel, ct);
        return refusal switch
        {
            null => [.. (reply!.Events ?? []).Select(line => ToLine(line, stream))],
            { Code: NotFound } => [],
            _ => throw refusal.ToException(),
        };
    }

    /// <summary>Reads every line of a group since a time, the oldest first, of every page.</summary>
    /// <param name="streams">Only these streams, 100 at most; null for all.</param>
    /// <returns>Nothing where there is no such group.</returns>
    public async IAsyncEnumerable<LogLine> ReadAsync(
        string group, IReadOnlyList<string>? streams, DateTimeOffset since, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var line in EventsAsync(group, streams, since, ct))
        {
            yield return ToLine(line, line.LogStreamName ?? "");
        }
    }

    /// <summary>Reads a group's lines since a time and goes on with those that come, until it is canceled; each once.</summary>
    /// <param name="streams">Only these streams, 100 at most; null for all, those too that come later.</param>
    public async IAsyncEnumerable<LogLine> FollowAsync(
        string group, IReadOnlyList<string>? streams, DateTimeOffset since, [EnumeratorCancellation] CancellationToken ct)
    {
        var seen = new Dictionary<string, DateTimeOffset>();
        var newest = since;
        using var timer = new PeriodicTimer(PollInterval, clock);
        do
        {
            // Once more over the last half minute: a line that comes late has an old time.
            var from = newest - Lateness > since ? newest - Lateness : since;
            await foreach (var line in EventsAsync(group, streams, from, ct))
            {
                var at = DateTimeOffset.FromUnixTimeMilliseconds(line.Timestamp);
                if (seen.TryAdd(line.EventId ?? $"{line.LogStreamName} {line.Timestamp} {line.Message}", at))
                {
                    newest = at > newest ? at : newest;
                    yield return ToLine(line, line.LogStreamName ?? "");
                }
            }

            foreach (var (old, _) in seen.Where(pair => pair.Value < from).ToList())
            {
                seen.Remove(old);
            }
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    /// <summary>Makes a group.</summary>
    /// <returns>False where the endpoint has no CloudWatch Logs: a local one without an upstream.</returns>
    internal async Task<bool> TryCreateGroupAsync(string group, IReadOnlyDictionary<string, string> tags, CancellationToken ct)
    {
        var (_, refusal) = await connection.TryCallAsync<Nothing>(AwsService.Logs, "CreateLogGroup", new { LogGroupName = group, Tags = tags }, AwsJson.Camel, ct);
        return refusal switch
        {
            null => true,
            { Code: "SERVE002" } => false,
            _ => throw refusal.ToException(),
        };
    }

    /// <summary>Deletes a group with all in it; one that is gone is no error.</summary>
    internal async Task DeleteGroupAsync(string group, CancellationToken ct)
    {
        var (_, refusal) = await connection.TryCallAsync<Nothing>(AwsService.Logs, "DeleteLogGroup", new { LogGroupName = group }, AwsJson.Camel, ct);
        if (refusal is not null and not { Code: NotFound })
        {
            throw refusal.ToException();
        }
    }

    private async IAsyncEnumerable<LogEvent> EventsAsync(
        string group, IReadOnlyList<string>? streams, DateTimeOffset since, [EnumeratorCancellation] CancellationToken ct)
    {
        string? next = null;
        do
        {
            var request = new
            {
                LogGroupName = group,
                LogStreamNames = streams,
                StartTime = Math.Max(0, since.ToUnixTimeMilliseconds()),
                NextToken = next,
            };
            var (reply, refusal) = await connection.TryCallAsync<EventsReply>(AwsService.Logs, "FilterLogEvents", request, AwsJson.Camel, ct);
            if (refusal is not null)
            {
                if (refusal.Code == NotFound)
                {
                    yield break;
                }

                throw refusal.ToException();
            }

            foreach (var line in reply!.Events ?? [])
            {
                yield return line;
            }

            next = reply.NextToken;
        }
        while (!string.IsNullOrEmpty(next));
    }

    private static LogLine ToLine(LogEvent line, string stream) =>
        new(stream, DateTimeOffset.FromUnixTimeMilliseconds(line.Timestamp), line.Message.TrimEnd('\n'));

    private sealed record Nothing;

    private sealed record StreamsReply(IReadOnlyList<LogStream>? LogStreams);

    private sealed record EventsReply(IReadOnlyList<LogEvent>? Events, string? NextToken);

    private sealed record LogEvent(long Timestamp, string Message, string? LogStreamName, string? EventId);
}
