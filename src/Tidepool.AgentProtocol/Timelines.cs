using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.AgentProtocol;

/// <summary>A node of a run's timeline. In a PATCH an absent or null field means "no change".</summary>
public sealed record TimelineRecord
{
    public Guid Id { get; init; }
    public Guid? ParentId { get; init; }

    /// <summary>Stage, Phase, Job or Task.</summary>
    public string? Type { get; init; }
    public string? Name { get; init; }
    public DateTimeOffset? StartTime { get; init; }
    public DateTimeOffset? FinishTime { get; init; }
    public string? CurrentOperation { get; init; }

    /// <summary>0 to 100.</summary>
    public int? PercentComplete { get; init; }

    /// <summary>pending, inProgress or completed.</summary>
    [JsonConverter(typeof(LooseStringConverter))]
    public string? State { get; init; }

    /// <summary>succeeded, succeededWithIssues, failed, canceled, skipped or abandoned.</summary>
    [JsonConverter(typeof(LooseStringConverter))]
    public string? Result { get; init; }
    public string? ResultCode { get; init; }
    public int? ChangeId { get; init; }
    public DateTimeOffset? LastModified { get; init; }
    public string? WorkerName { get; init; }
    public int? Order { get; init; }
    public string? RefName { get; init; }
    public LogReference? Log { get; init; }
    public TimelineReference? Details { get; init; }
    public int? ErrorCount { get; init; }
    public int? WarningCount { get; init; }
    public IReadOnlyList<TimelineIssue>? Issues { get; init; }
    public IReadOnlyDictionary<string, VariableValue>? Variables { get; init; }
    public string? Location { get; init; }
    public int? Attempt { get; init; }
    public string? Identifier { get; init; }

    /// <summary>The task that a step runs; absent for other records, and for what the agent adds itself.</summary>
    public RecordTask? Task { get; init; }

    /// <summary>Where the attempts before this one are; absent for a first one.</summary>
    public IReadOnlyList<PreviousAttempt>? PreviousAttempts { get; init; }
}

/// <summary>Which task the record of a step is about.</summary>
/// <remarks>Source: https://learn.microsoft.com/rest/api/azure/devops/build/timeline/get#taskreference</remarks>
public sealed record RecordTask(Guid Id, string? Name, string? Version);

/// <summary>An attempt of a node before its last.</summary>
public sealed record PreviousAttempt
{
    public int Attempt { get; init; }
    public Guid TimelineId { get; init; }
    public Guid RecordId { get; init; }
}

public sealed record LogReference
{
    public int Id { get; init; }
    public string? Location { get; init; }

    /// <summary>Kind of the log and its URL, told to clients that read runs.</summary>
    public string? Type { get; init; }
    public string? Url { get; init; }
}

/// <summary>An error or a warning of a record.</summary>
public sealed record TimelineIssue
{
    [JsonConverter(typeof(LooseStringConverter))]
    public string? Type { get; init; }
    public string? Category { get; init; }
    public string? Message { get; init; }
    public IReadOnlyDictionary<string, string>? Data { get; init; }
}

public sealed record Timeline
{
    public Guid Id { get; init; }
    public int ChangeId { get; init; }
    public string? Location { get; init; }
    public IReadOnlyList<TimelineRecord>? Records { get; init; }
}

/// <summary>Live console lines. The URL names the job's record, <see cref="StepId"/> the step's.</summary>
public sealed record TimelineRecordFeedLines
{
    public int Count { get; init; }
    public IReadOnlyList<string> Value { get; set; } = [];
    public Guid StepId { get; init; }

    /// <summary>1-based number of the first line within the step.</summary>
    public long? StartLine { get; init; }
}

/// <summary>A log: created first, then filled by POSTs of UTF-8 text.</summary>
public sealed record TaskLog
{
    public int Id { get; init; }
    public string? Path { get; init; }
    public string? Location { get; init; }
    public DateTimeOffset? CreatedOn { get; init; }
    public DateTimeOffset? LastChangedOn { get; init; }
    public long? LineCount { get; init; }
}

/// <summary>An event of a plan; <c>JobCompleted</c> ends a job.</summary>
public sealed record PlanEvent
{
    public const string JobCompleted = "JobCompleted";

    public string Name { get; set; } = "";
    public Guid JobId { get; init; }
    public long RequestId { get; init; }

    [JsonConverter(typeof(LooseStringConverter))]
    public string? Result { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>A file attached to a record by a step.</summary>
public sealed record TaskAttachment
{
    public string Type { get; set; } = "";
    public string Name { get; set; } = "";
    public DateTimeOffset? CreatedOn { get; init; }
    public Guid TimelineId { get; init; }
    public Guid RecordId { get; init; }
}
