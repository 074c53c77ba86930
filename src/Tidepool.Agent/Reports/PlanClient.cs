using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Reports;

/// <summary>The calls with which one job reports to its plan, made with the job's own token.</summary>
internal sealed class PlanClient(WireClient client, AgentJobRequestMessage request)
{
    /// <summary>From this plan version on a job ends with an event, before with its request.</summary>
    public const int FirstVersionWithEvents = 8;

    private static readonly Dictionary<string, string> NoHeaders = [];

    private string Plan =>
        $"{request.Plan.ScopeIdentifier}/_apis/distributedtask/hubs/{request.Plan.PlanType.ToLowerInvariant()}/plans/{request.Plan.PlanId}";

    private string Records => RecordsOf(request.Timeline.Id);

    /// <param name="timeline">Null for the job's own.</param>
    public Task UpdateRecordsAsync(Guid? timeline, IReadOnlyList<TimelineRecord> records, CancellationToken ct) => client.SendAsync(
        HttpMethod.Patch,
        RecordsOf(timeline ?? request.Timeline.Id),
        new Collection<TimelineRecord>(records.Count, records),
        ProtocolJson.Default.CollectionTimelineRecord,
        ct);

    public Task CreateTimelineAsync(Guid id, CancellationToken ct) => client.SendAsync(
        HttpMethod.Post, $"{Plan}/timelines", new Timeline { Id = id }, ProtocolJson.Default.Timeline, ct);

    public Task AttachAsync(Guid record, string type, string name, ReadOnlyMemory<byte> content, CancellationToken ct) => client.PutBytesAsync(
        $"{Records}/{record}/attachments/{Uri.EscapeDataString(type)}/{Uri.EscapeDataString(name)}", content, NoHeaders, ct);

    /// <summary>Live lines go to the job's record and name the step's.</summary>
    public Task PostLinesAsync(Guid step, long startLine, IReadOnlyList<string> lines, CancellationToken ct) => client.SendAsync(
        HttpMethod.Post,
        $"{Records}/{request.JobId}/feed",
        new TimelineRecordFeedLines { Count = lines.Count, Value = lines, StepId = step, StartLine = startLine },
        ProtocolJson.Default.TimelineRecordFeedLines,
        ct);

    public async Task<int> CreateLogAsync(Guid record, CancellationToken ct)
    {
        var log = await client.SendAsync(
            HttpMethod.Post,
            $"{Plan}/logs",
            new TaskLog { Path = $@"logs\{record}" },
            ProtocolJson.Default.TaskLog,
            ProtocolJson.Default.TaskLog,
            ct);
        return log!.Id;
    }

    public Task AppendLogAsync(int log, ReadOnlyMemory<byte> text, CancellationToken ct) =>
        client.PostBytesAsync($"{Plan}/logs/{log}", text, ct);

    public Task CompleteJobAsync(string result, CancellationToken ct) => client.SendAsync(
        HttpMethod.Post,
        $"{Plan}/events",
        new PlanEvent { Name = PlanEvent.JobCompleted, JobId = request.JobId, RequestId = request.RequestId, Result = result },
        ProtocolJson.Default.PlanEvent,
        ct);

    private string RecordsOf(Guid timeline) => $"{Plan}/timelines/{timeline}/records";
}
