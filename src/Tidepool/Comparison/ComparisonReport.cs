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

/// <summary>How fast the storages are where they were measured.</summary>
public sealed record SpeedReport
{
    /// <summary>What the figures mean and do not mean there, a sentence each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    public required IReadOnlyList<SpeedRow> Rows { get; init; }

    /// <summary>What AWS documents: limits by task size, modes of EFS.</summary>
    public IReadOnlyList<DocumentedLimit> Documented { get; init; } = [];
}

/// <summary>One piece of work over all storages.</summary>
/// <param name="Id">As in <c>small-files</c>.</param>
/// <param name="Name">As in <c>10,000 files of 1 KiB</c>.</param>
/// <param name="Unit">Unit of the figures, as in <c>s</c>.</param>
/// <param name="Layer">The same in the container's own layer; null where it could be done nowhere.</param>
/// <param name="Cells">One for each storage.</param>
public sealed record SpeedRow(string Id, string Name, string Unit, double? Layer, IReadOnlyList<SpeedCell> Cells);

/// <param name="Storage">The storage's id.</param>
/// <param name="Value">The figure; null where nothing was measured.</param>
/// <param name="Ratio">Over that of the container's own layer: 2 is twice as slow.</param>
/// <param name="Text">Why nothing was measured, or whose figure it is; null where there is nothing to say.</param>
/// <param name="Proof">Tasks and what containers wrote, a line each.</param>
public sealed record SpeedCell(string Storage, double? Value, double? Ratio, string? Text, IReadOnlyList<string> Proof);

/// <param name="Storage"><c>bind</c>, <c>ebs</c> or <c>efs</c>.</param>
/// <param name="For">As in <c>tasks of 2 vCPU</c>.</param>
/// <param name="Limit">As in <c>3000 IOPS, 75 MiB/s</c>.</param>
/// <param name="Source">The page that says it.</param>
public sealed record DocumentedLimit(string Storage, string For, string Limit, string Source);

/// <summary>What each storage costs a month for sizes that the user gave.</summary>
public sealed record CostReport
{
    public required string Region { get; init; }
    public required string Currency { get; init; }

    /// <summary>GiB that a task's volume holds.</summary>
    public required decimal Gib { get; init; }

    /// <summary>GiB written to it a day, over all tasks.</summary>
    public required decimal WrittenGibPerDay { get; init; }

    /// <summary>GiB read from it a day, over all tasks.</summary>
    public decimal ReadGibPerDay { get; init; }

    /// <summary>Tasks at one time.</summary>
    public required int Tasks { get; init; }

    /// <summary>Hours a month that they run.</summary>
    public required decimal Hours { get; init; }

    /// <summary>Agents of a task.</summary>
    public int Agents { get; init; }

    /// <summary>CPU units of a task; 1024 is one vCPU.</summary>
    public int CpuUnits { get; init; }

    public int MemoryMiB { get; init; }

    /// <summary><c>ARM64</c> or <c>X86_64</c>.</summary>
    public string Architecture { get; init; } = "ARM64";

    /// <summary>On Fargate Spot.</summary>
    public bool IsSpot { get; init; }

    /// <summary>What has to be known of the figures, a sentence each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    public required IReadOnlyList<StorageCost> Storages { get; init; }

    /// <summary>Cost of the storage alone over its size: a line each for the plot.</summary>
    public IReadOnlyList<CostCurve> Curves { get; init; } = [];

    /// <summary>Where two lines cross, or that they do not, a sentence each.</summary>
    public IReadOnlyList<string> BreakEven { get; init; } = [];
}

/// <param name="Storage"><c>bind</c>, <c>ebs</c> or <c>efs</c>.</param>
/// <param name="StorageMonthly">The storage alone; null where this storage cannot be had in that size.</param>
/// <param name="Monthly">With compute, address, logs and jobs; null as above.</param>
/// <param name="Lines">The bill.</param>
/// <param name="Text">Why it cannot be had, or null.</param>
public sealed record StorageCost(string Storage, decimal? StorageMonthly, decimal? Monthly, IReadOnlyList<CostItem> Lines, string? Text);

/// <param name="Item">What it is.</param>
/// <param name="Quantity">How much of it a month, in <paramref name="Unit"/>.</param>
/// <param name="Unit">As in <c>GB-month</c>.</param>
/// <param name="Price">Of one.</param>
/// <param name="Monthly">Quantity times price, to the cent.</param>
/// <param name="Source">The page with the price.</param>
/// <param name="Date">The day when it was so.</param>
/// <param name="IsStorage">Whether it is of the storage and not of all else.</param>
/// <param name="IsEstimate">Whether the quantity is a guess that the item tells.</param>
/// <param name="Remark">What else to know of the price, or null.</param>
public sealed record CostItem(
    string Item,
    decimal Quantity,
    string Unit,
    decimal Price,
    decimal Monthly,
    string Source,
    DateOnly Date,
    bool IsStorage,
    bool IsEstimate = false,
    string? Remark = null);

/// <param name="Storage"><c>bind</c>, <c>ebs</c> or <c>efs</c>.</param>
/// <param name="Points">GiB and cost a month.</param>
public sealed record CostCurve(string Storage, IReadOnlyList<CostPoint> Points);

public sealed record CostPoint(decimal Gib, decimal Monthly);

/// <summary>What a pipeline does with the shared storage, and what that means.</summary>
public sealed record PipelineReport
{
    public const string NotRun = "not run";

    /// <summary>The pipeline's file.</summary>
    public required string File { get; init; }

    /// <summary>Result of its first run, as in <c>succeeded</c>; <see cref="NotRun"/> where there was none.</summary>
    public required string Result { get; init; }

    /// <summary>The run's id.</summary>
    public int? Run { get; init; }

    /// <summary>How accesses were observed, or why they were not.</summary>
    public required string How { get; init; }

    /// <summary>What jobs did with paths under the mount.</summary>
    public IReadOnlyList<PathUse> Paths { get; init; } = [];

    /// <summary>Jobs that the YAML pins already, each with its demand.</summary>
    public IReadOnlyList<string> Pinned { get; init; } = [];

    /// <summary>What the YAML says of it: traps with their places; and what was seen besides.</summary>
    public IReadOnlyList<string> Traps { get; init; } = [];

    /// <summary>One for each storage.</summary>
    public IReadOnlyList<StorageVerdict> Verdicts { get; init; } = [];

    /// <summary>What would have to be pinned to one task, a sentence each.</summary>
    public IReadOnlyList<string> Pins { get; init; } = [];

    /// <summary>The cheapest storage that works, by id; null where none does.</summary>
    public string? Cheapest { get; init; }

    /// <summary>Why that, in a sentence or two.</summary>
    public required string Advice { get; init; }

    /// <summary>Lines of <c>terraform.tfvars</c> for it.</summary>
    public string? Tfvars { get; init; }
}

/// <param name="Path">Path in the containers.</param>
/// <param name="WrittenBy">Jobs that wrote it, as in <c>Build.pack</c>, with their task and container.</param>
/// <param name="ReadBy">Jobs that read it.</param>
/// <param name="CrossesTasks">Whether a job reads what another one wrote, and nothing pins both to one task.</param>
public sealed record PathUse(string Path, IReadOnlyList<string> WrittenBy, IReadOnlyList<string> ReadBy, bool CrossesTasks);

/// <param name="Storage"><c>bind</c>, <c>ebs</c> or <c>efs</c>.</param>
/// <param name="Works">One of the constants.</param>
/// <param name="Text">Why.</param>
/// <param name="Run">The run that shows it, counted in the storage's own environment; null where it follows from others.</param>
public sealed record StorageVerdict(string Storage, string Works, string Text, int? Run)
{
    public const string AsItIs = "works";
    public const string WhenPinned = "works when pinned";

    /// <summary>Runs succeed, and a task that is new does not have what earlier runs left; no pin helps.</summary>
    public const string WithoutCache = "works without its cache";
    public const string Fails = "fails";
    public const string NotKnown = "not known";
}
