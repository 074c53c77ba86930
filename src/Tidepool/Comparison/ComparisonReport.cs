using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.Comparison;

/// <summary>All that a comparison of storages saw. Tables, pages and plots are drawn from this and from nothing else.</summary>
public sealed record ComparisonReport
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Name and version of this shape.</summary>
    public string Schema => "tidepool.compare/1";

    /// <summary><c>local</c>, <c>aws</c> or a URL.</summary>
    public required string Endpoint { get; init; }

    /// <summary><c>sandbox</c> or <c>docker</c>; null where nothing is known of it.</summary>
    public string? Runtime { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Wall time.</summary>
    public required double Seconds { get; init; }

    /// <summary>Why it is not whole, in a sentence; null where it is.</summary>
    public string? Partial { get; init; }

    /// <summary>The storages: a column each.</summary>
    public required IReadOnlyList<StorageReport> Storages { get; init; }

    /// <summary>Who sees the data, and what it survives: a row each.</summary>
    public required IReadOnlyList<ScenarioRow> Scenarios { get; init; }

    /// <summary>What is commonly said of the storages, and what was found.</summary>
    public IReadOnlyList<ClaimReport> Claims { get; init; } = [];

    /// <summary>How fast it is; null where it was not measured.</summary>
    public SpeedReport? Speed { get; init; }

    /// <summary>What it costs a month.</summary>
    public CostReport? Cost { get; init; }

    /// <summary>What the pipeline does with the storage, and which it needs; null where none was asked for.</summary>
    public PipelineReport? Pipeline { get; init; }

    /// <summary>What the runtime leaves out of Fargate, one sentence each.</summary>
    public IReadOnlyList<string> NotExercised { get; init; } = [];

    /// <summary>What could not be removed, each with its reason.</summary>
    public IReadOnlyList<string> Left { get; init; } = [];

    /// <summary>Whether something was seen that the rules do not say.</summary>
    [JsonIgnore]
    public bool HasDifference => Scenarios.Any(row => row.Cells.Any(cell => cell.Verdict == CellReport.Different));

    /// <summary>The report as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);
}

/// <summary>A storage that is compared.</summary>
/// <param name="Id">As in <c>ebs-service</c>.</param>
/// <param name="Name">As in <c>EBS of a service</c>.</param>
/// <param name="What">What it is and how a task gets it, in a sentence.</param>
public sealed record StorageReport(string Id, string Name, string What);

/// <summary>A scenario over all storages.</summary>
/// <param name="Id">As in <c>task-replaced</c>.</param>
/// <param name="Name">As in <c>task replaced</c>.</param>
/// <param name="What">What is done and looked at, in a sentence.</param>
/// <param name="Cells">One for each storage, in their order.</param>
public sealed record ScenarioRow(string Id, string Name, string What, IReadOnlyList<CellReport> Cells);

/// <summary>What one scenario came to on one storage.</summary>
public sealed record CellReport
{
    public const string AsExpected = "as expected";
    public const string Different = "DIFFERENT";
    public const string NotTried = "not tried";

    /// <summary>The storage's id.</summary>
    public required string Storage { get; init; }

    /// <summary><see cref="AsExpected"/>, <see cref="Different"/> or <see cref="NotTried"/>.</summary>
    public required string Verdict { get; init; }

    /// <summary>What is to be seen where the rule holds, in a word or two, as in <c>not found</c>.</summary>
    public required string Expected { get; init; }

    /// <summary>What was seen, in a word or two; null where nothing was tried.</summary>
    public string? Observed { get; init; }

    /// <summary>Whether the data was where it was written, before and after others looked; null where nothing was tried.</summary>
    public bool? Control { get; init; }

    /// <summary>What was seen, or why nothing was tried, in a line.</summary>
    public required string Text { get; init; }

    /// <summary>ARNs of the tasks.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Tasks, exit codes, checksums, and what containers wrote, a line each.</summary>
    public IReadOnlyList<string> Proof { get; init; } = [];

    /// <summary><c>stated</c>, <c>reported</c> or <c>inferred</c>: how sure it is that AWS does so.</summary>
    public required string Certainty { get; init; }

    /// <summary>The page that the rule is from.</summary>
    public required string Source { get; init; }
}

/// <summary>One row of the common table for one storage.</summary>
/// <param name="Row">As in <c>encryption at rest</c>.</param>
/// <param name="Storage"><c>bind</c>, <c>ebs</c> or <c>efs</c>.</param>
/// <param name="Commonly">What is commonly said.</param>
/// <param name="Found">What was observed here, or is documented.</param>
/// <param name="Agrees">Whether that is the same.</param>
/// <param name="Basis"><c>observed</c> or <c>documented</c>.</param>
/// <param name="Cells">The cells that show it, as in <c>task-replaced/ebs-service</c>; empty where it is documented.</param>
/// <param name="Source">The page that says it.</param>
public sealed record ClaimReport(
    string Row, string Storage, string Commonly, string Found, bool Agrees, string Basis, IReadOnlyList<string> Cells, string Source);
