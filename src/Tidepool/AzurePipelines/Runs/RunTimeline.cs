using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Pools;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>The records of one timeline. In what agents send, a null or an empty list means "no change".</summary>
internal sealed class RunTimeline(Guid id)
{
    private readonly Dictionary<Guid, TimelineRecord> _records = [];
    private readonly HashSet<Guid> _superseded = [];
    private int _changeId;

    public TimelineRecord? Find(Guid recordId) => _records.GetValueOrDefault(recordId);

    public IEnumerable<TimelineRecord> ChildrenOf(Guid parentId) =>
        _records.Values.Where(record => record.ParentId == parentId).OrderBy(record => record.Order ?? int.MaxValue);

    /// <summary>Merges a record into the one that is known.</summary>
    /// <returns>The record before (null when it is new) and after.</returns>
    public (TimelineRecord? Before, TimelineRecord After) Merge(TimelineRecord sent, DateTimeOffset now)
    {
        var before = _records.GetValueOrDefault(sent.Id);
        var known = before ?? new TimelineRecord { Id = sent.Id };
        var after = known with
        {
            // The agent does not know where a job stands in the run.
            ParentId = known.ParentId ?? sent.ParentId,
            Type = sent.Type ?? known.Type,
            Name = sent.Name ?? known.Name,
            StartTime = sent.StartTime ?? known.StartTime,
            FinishTime = sent.FinishTime ?? known.FinishTime,
            CurrentOperation = sent.CurrentOperation ?? known.CurrentOperation,
            PercentComplete = sent.PercentComplete ?? known.PercentComplete,
            State = RecordStates.Name(sent.State) ?? known.State,
            Result = WireResults.ToWireName(sent.Result) ?? known.Result,
            ResultCode = sent.ResultCode ?? known.ResultCode,
            WorkerName = sent.WorkerName ?? known.WorkerName,
            Order = sent.Order ?? known.Order,
            RefName = sent.RefName ?? known.RefName,
            Log = sent.Log ?? known.Log,
            Details = sent.Details ?? known.Details,
            ErrorCount = sent.ErrorCount ?? known.ErrorCount,
            WarningCount = sent.WarningCount ?? known.WarningCount,
            Issues = sent.Issues is { Count: > 0 } issues ? issues : known.Issues ?? [],
            Variables = MergeVariables(known.Variables, sent.Variables),
            Location = sent.Location ?? known.Location,
            Attempt = sent.Attempt ?? known.Attempt,
            Identifier = known.Identifier ?? sent.Identifier,
            Task = known.Task ?? sent.Task,
            PreviousAttempts = sent.PreviousAttempts ?? known.PreviousAttempts,
            ChangeId = ++_changeId,
            LastModified = now,
        };
        _records[sent.Id] = after;
        return (before, after);
    }

    /// <summary>Puts a record, with those below it, under another one.</summary>
    public void Move(Guid recordId, Guid parentId) => _records[recordId] = _records[recordId] with { ParentId = parentId, ChangeId = ++_changeId };

    /// <summary>Says that a record and all below it are of an attempt before the last.</summary>
    public void Supersede(Guid recordId)
    {
        _superseded.Add(recordId);
        foreach (var child in _records.Values.Where(record => record.ParentId == recordId).ToList())
        {
            Supersede(child.Id);
        }
    }

    /// <param name="includeRecords">Whether the records are wanted.</param>
    /// <param name="lastAttempts">Without those of attempts before the last.</param>
    public Timeline ToWire(bool includeRecords, bool lastAttempts = false) => new()
    {
        Id = id,
        ChangeId = _changeId,
        Records = includeRecords ? [.. _records.Values.Where(record => !lastAttempts || !_superseded.Contains(record.Id))] : null,
    };

    private static IReadOnlyDictionary<string, VariableValue> MergeVariables(
        IReadOnlyDictionary<string, VariableValue>? known, IReadOnlyDictionary<string, VariableValue>? sent)
    {
        var all = new Dictionary<string, VariableValue>(known ?? new Dictionary<string, VariableValue>(), StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in sent ?? new Dictionary<string, VariableValue>())
        {
            all[name] = value;
        }

        return all;
    }
}

/// <summary>A record's states as the wire spells them: a name, or its number.</summary>
internal static class RecordStates
{
    public const string Pending = "pending";
    public const string InProgress = "inProgress";
    public const string Completed = "completed";

    public static string? Name(string? sent) => sent switch
    {
        "0" => Pending,
        "1" => InProgress,
        "2" => Completed,
        _ => sent,
    };
}
