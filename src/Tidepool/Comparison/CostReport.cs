namespace Tidepool.Comparison;

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
