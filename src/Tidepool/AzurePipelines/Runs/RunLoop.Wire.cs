using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Pools;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

internal sealed partial class RunLoop
{
    private readonly Dictionary<Guid, RunTimeline> _timelines;
    private readonly OrderedDictionary<(Guid Record, string Type, string Name), (TaskAttachment Attachment, byte[] Content)> _attachments = [];
    private readonly RunLogs _logs;

    private RunTimeline Main => _timelines[Facts.TimelineId];

    public Task<Timeline> GetTimelineAsync(Guid timelineId, bool includeRecords) =>
        InvokeAsync(() => Find(timelineId).ToWire(includeRecords));

    /// <summary>Adds a timeline for the details of a record.</summary>
    public Task<Timeline> AddTimelineAsync(Guid timelineId) => InvokeAsync(() =>
    {
        var timeline = new RunTimeline(timelineId);
        return _timelines.TryAdd(timelineId, timeline) ? timeline.ToWire(includeRecords: false) : throw Refusal.TimelineExists(timelineId);
    });

    /// <summary>Merges what an agent says of its records.</summary>
    public Task<IReadOnlyList<TimelineRecord>> PatchAsync(Guid timelineId, IReadOnlyList<TimelineRecord> records) =>
        InvokeAsync<IReadOnlyList<TimelineRecord>>(() => timelineId == Facts.TimelineId
            ? [.. records.Select(PatchMain)]
            : [.. records.Select(record => Find(timelineId).Merge(Masked(record), _clock.GetUtcNow()).After)]);

    /// <summary>Takes console lines of a job.</summary>
    public Task FeedAsync(Guid jobRecordId, TimelineRecordFeedLines lines) => InvokeAsync(() =>
    {
        if (LegOf(jobRecordId) is { Result: null } leg)
        {
            Feed(leg, lines.StepId == Guid.Empty ? leg.RecordId : lines.StepId, [.. lines.Value.Select(_mask.Apply)]);
        }

        return true;
    });

    public Task<TaskLog> AddLogAsync(string? path) => InvokeAsync(() => _logs.Create(path, _clock.GetUtcNow()));

    public Task<TaskLog> AppendLogAsync(int logId, string text) =>
        InvokeAsync(() => _logs.Append(logId, _mask.Apply(text), _clock.GetUtcNow())
            ?? throw Refusal.NotFound($"Log {logId} was not found."));

    public Task<TaskAttachment> AttachAsync(Guid timelineId, Guid recordId, string type, string name, byte[] content) => InvokeAsync(() =>
    {
        var attachment = new TaskAttachment
        {
            Type = type,
            Name = name,
            CreatedOn = _clock.GetUtcNow(),
            TimelineId = timelineId,
            RecordId = recordId,
        };
        _attachments[(recordId, type, name)] = (attachment, content);
        return attachment;
    });

    /// <summary>Ends a job as its agent says.</summary>
    public Task CompleteAsync(Guid jobId, NodeResult how) => InvokeAsync(() =>
    {
        var request = LegOf(jobId)?.Request ?? throw Refusal.NotFound($"Plan {Facts.PlanId} has no running job {jobId}.");
        _pool.Finish(request.Id, how, reason: null);
        return true;
    });

    private RunTimeline Find(Guid timelineId) =>
        _timelines.GetValueOrDefault(timelineId) ?? throw Refusal.NotFound($"Timeline {timelineId} was not found.");

    private LegNode? LegOf(Guid recordId) => Legs.FirstOrDefault(leg => leg.RecordId == recordId);

    private void Record(TimelineRecord record) => Main.Merge(record, _clock.GetUtcNow());

    private void Complete(Guid recordId, NodeResult how) =>
        Record(new() { Id = recordId, State = RecordStates.Completed, Result = how.ToWire(), FinishTime = _clock.GetUtcNow() });

    private TimelineRecord PatchMain(TimelineRecord sent)
    {
        var parent = Main.Find(sent.Id)?.ParentId ?? sent.ParentId;
        var leg = LegOf(sent.Id) ?? (parent is { } parentId ? LegOf(parentId) : null);
        if (leg is null or { Result: not null })
        {
            // Whoever lost the job may still talk about it.
            return Main.Find(sent.Id) ?? sent;
        }

        var (before, after) = Main.Merge(Masked(sent), _clock.GetUtcNow());
        if (after.Type == "Task")
        {
            Tell(leg, before, after);
        }

        return after;
    }

    /// <summary>The record without secrets in what is shown. A secret output keeps its value: dependents get it.</summary>
    private TimelineRecord Masked(TimelineRecord record)
    {
        foreach (var secret in record.Variables?.Values.Where(variable => variable.IsSecret == true) ?? [])
        {
            _mask.Add(secret.Value ?? "");
        }

        return record with
        {
            Name = record.Name is { } name ? _mask.Apply(name) : null,
            CurrentOperation = record.CurrentOperation is { } operation ? _mask.Apply(operation) : null,
            Issues = record.Issues is { } issues
                ? [.. issues.Select(Masked)]
                : null,
        };
    }

    private TimelineIssue Masked(TimelineIssue issue) => issue with
    {
        Message = _mask.Apply(issue.Message ?? ""),
        Data = issue.Data?.ToDictionary(pair => pair.Key, pair => _mask.Apply(pair.Value)),
    };

    private void Tell(LegNode leg, TimelineRecord? before, TimelineRecord after)
    {
        var isDone = after.State == RecordStates.Completed;
        var wasSkipped = isDone && WireResults.Parse(after.Result) == NodeResult.Skipped;
        if (!HasStarted(before) && HasStarted(after) && !wasSkipped)
        {
            Events.Add(new StepStarted(_clock.GetUtcNow(), leg.Stage.Name, leg.Name, NameOf(after)));
        }

        if (leg.HeldLines.Remove(after.Id, out var held))
        {
            Show(leg, NameOf(after), held);
        }

        if (isDone && before?.State != RecordStates.Completed)
        {
            Events.Add(new StepFinished(
                _clock.GetUtcNow(),
                leg.Stage.Name,
                leg.Name,
                NameOf(after),
                WireResults.Parse(after.Result) ?? NodeResult.Succeeded,
                after is { StartTime: { } start, FinishTime: { } finish } && finish > start ? finish - start : TimeSpan.Zero,
                IssuesOf(after)));
        }
    }

    private void Feed(LegNode leg, Guid recordId, IReadOnlyList<string> lines)
    {
        _logs.AddConsole(recordId, lines);
        if (recordId == leg.RecordId)
        {
            Show(leg, step: null, lines);
        }
        else if (Main.Find(recordId) is { } record)
        {
            if (!HasStarted(record))
            {
                // Lines overtake the record's change of state, which agents send in batches.
                Record(new() { Id = recordId, State = RecordStates.InProgress, StartTime = _clock.GetUtcNow() });
                Tell(leg, record, Main.Find(recordId)!);
            }

            Show(leg, NameOf(record), lines);
        }
        else if (!leg.HeldLines.TryAdd(recordId, [.. lines]))
        {
            leg.HeldLines[recordId].AddRange(lines);
        }
    }

    private void Show(LegNode leg, NodeName? step, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            Events.Add(new LogLine(_clock.GetUtcNow(), leg.Stage.Name, leg.Name, step, line));
        }
    }

    /// <summary>Closes what an ended job left open: held lines, its records.</summary>
    private void Settle(LegNode leg, NodeResult how)
    {
        foreach (var (recordId, lines) in leg.HeldLines)
        {
            Show(leg, new(recordId.ToString(), recordId.ToString()), lines);
        }

        leg.HeldLines.Clear();
        foreach (var record in Main.ChildrenOf(leg.RecordId).Where(record => record.State != RecordStates.Completed).ToList())
        {
            var broken = HasStarted(record) ? how == NodeResult.Canceled ? NodeResult.Canceled : NodeResult.Abandoned : NodeResult.Skipped;
            Complete(record.Id, broken);
            if (HasStarted(record))
            {
                Tell(leg, record, Main.Find(record.Id)!);
            }
        }

        Complete(leg.RecordId, how);
    }

    /// <summary>A leg's output variables, keys as in <c>step.variable</c>.</summary>
    private IEnumerable<KeyValuePair<string, string>> OutputsOf(LegNode leg) => Main.ChildrenOf(leg.RecordId)
        .SelectMany(record => record.Variables?.Select(variable => KeyValuePair.Create($"{record.RefName}.{variable.Key}", variable.Value.Value ?? "")) ?? []);

    /// <summary>A job's output variables, keys as dependents write them.</summary>
    private Dictionary<string, string> OutputsOf(JobNode job)
    {
        var outputs = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var leg in job.Legs)
        {
            foreach (var (key, value) in OutputsOf(leg))
            {
                foreach (var prefix in leg.Leg.OutputPrefixes)
                {
                    outputs[prefix.Length == 0 ? key : $"{prefix}.{key}"] = value;
                }
            }
        }

        return outputs;
    }

    private static bool HasStarted(TimelineRecord? record) => record?.State is RecordStates.InProgress or RecordStates.Completed;

    private static NodeName NameOf(TimelineRecord record) => new(record.RefName ?? record.Name ?? "", record.Name ?? record.RefName ?? "");

    private static IReadOnlyList<RunIssue> IssuesOf(TimelineRecord? record) =>
        [.. record?.Issues?.Select(issue => new RunIssue(issue.Type is "1" or "error" ? "error" : "warning", issue.Message ?? "")) ?? []];
}
