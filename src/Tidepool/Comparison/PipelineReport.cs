namespace Tidepool.Comparison;

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
