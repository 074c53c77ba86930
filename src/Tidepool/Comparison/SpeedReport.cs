namespace Tidepool.Comparison;

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
