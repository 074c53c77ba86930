using System.Text.Json;
using System.Text.Json.Serialization;
using Tidepool.Pipelines.Explain;

namespace Tidepool.Rehearsal;

/// <summary>All that a rehearsal saw. Tables are drawn from this and from nothing else.</summary>
public sealed record RehearsalReport
{
    public string Schema { get; init; } = "tidepool.rehearsal/1";

    /// <summary>What kind the agents' volume is of; absent where tasks were there already.</summary>
    public string? Storage { get; init; }
    public required string Runtime { get; init; }

    /// <summary>What this runtime does not show: each a sentence.</summary>
    public IReadOnlyList<string> NotExercised { get; init; } = [];
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Wall time from start to the last verdict, without the taking down.</summary>
    public double Seconds { get; init; }
    public IReadOnlyList<ScenarioReport> Scenarios { get; init; } = [];
    public IReadOnlyList<PhaseReport> Phases { get; init; } = [];

    /// <summary>Every scenario came out as expected.</summary>
    [JsonIgnore]
    public bool Ok => Scenarios.Count > 0 && Scenarios.All(scenario => scenario.Ok);

    /// <summary>The report as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RehearsalJson.Default.RehearsalReport);
}

/// <summary>One thing tried: what was expected, what was seen, and the proof.</summary>
public sealed record ScenarioReport
{
    public required string Name { get; init; }
    public required string Expected { get; init; }
    public required string Observed { get; init; }

    /// <summary>It came out as expected. A run that succeeded with issues succeeded, as <c>succeeded()</c> has it.</summary>
    public bool Ok => Expected == Observed || (Expected, Observed) is ("succeeded", "succeededWithIssues");

    /// <summary>Why it is an error, when it is one.</summary>
    public string? Reason { get; init; }
    public RunReport? Run { get; init; }
    public ScenarioProof? Proof { get; init; }
}

/// <summary>What backs a verdict about a volume. Absent fields were not seen.</summary>
public sealed record ScenarioProof
{
    /// <summary>The artifact's path in the containers.</summary>
    public string? Path { get; init; }

    /// <summary>The SHA-256 that Deploy computed of what it found.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The SHA-256 that Build wrote.</summary>
    public string? BuiltSha256 { get; init; }

    /// <summary>What the same deployment on the original task saw first.</summary>
    public string? Control { get; init; }

    /// <summary>What the volume listed to Deploy; empty for an empty volume.</summary>
    public string? Listing { get; init; }
    public VolumeProof? Build { get; init; }
    public VolumeProof? Deploy { get; init; }

    /// <summary>How often the deploying container was restarted in place.</summary>
    public int? Restarts { get; init; }

    /// <summary><c>enforced</c> or <c>not enforced</c>: whether file owners are real in this runtime.</summary>
    public string? Owners { get; init; }
}

/// <summary>A task's volume as the engine sees it on disk.</summary>
public sealed record VolumeProof
{
    public required string TaskArn { get; init; }
    public required string Container { get; init; }
    public required string Volume { get; init; }
    public required string Device { get; init; }
    public required ulong Inode { get; init; }

    /// <summary>The inode that the step itself saw in its container.</summary>
    public ulong? SeenInode { get; init; }

    /// <summary>When the volume's folder was made; tells two volumes apart whose inode number was reused.</summary>
    public DateTimeOffset? BornAt { get; init; }
}

public sealed record RunReport
{
    public required int Id { get; init; }
    public required string Result { get; init; }
    public IReadOnlyList<StageReport> Stages { get; init; } = [];

    /// <summary>Why each stage and job ran or did not, for <c>tidepool explain</c>; absent where nobody asked the service.</summary>
    public RunExplanation? Explanation { get; init; }
}

public sealed record StageReport
{
    public required string Name { get; init; }
    public required string Result { get; init; }
    public string? Reason { get; init; }
    public IReadOnlyList<JobReport> Jobs { get; init; } = [];
}

public sealed record JobReport
{
    public required string Name { get; init; }
    public required string Result { get; init; }
    public string? Reason { get; init; }
    public string? Agent { get; init; }
    public string? TaskArn { get; init; }
    public string? Container { get; init; }

    /// <summary>What the pipeline asked for when that was not the embedded pool.</summary>
    public string? MappedFrom { get; init; }
    public DateTimeOffset? QueuedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public IReadOnlyList<string> Issues { get; init; } = [];
    public IReadOnlyList<StepReport> Steps { get; init; } = [];
}

public sealed record StepReport(string Name, string Result, double Seconds);

/// <summary>How long one phase took, in seconds.</summary>
public sealed record PhaseReport(string Name, double Seconds);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RehearsalReport))]
internal sealed partial class RehearsalJson : JsonSerializerContext;
