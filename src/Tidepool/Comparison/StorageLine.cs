using Tidepool.Storage;

namespace Tidepool.Comparison;

/// <summary>What a storage alone costs a month over its size: so much at any size, and so much for each GiB beyond those that are free.</summary>
/// <param name="Storage"><c>bind</c>, <c>ebs</c> or <c>efs</c>.</param>
/// <param name="Fixed">Cost at any size, over all tasks.</param>
/// <param name="OfGib">Cost of each further GiB, over all tasks.</param>
/// <param name="FreeGib">GiB that cost nothing.</param>
/// <param name="MostGib">The largest that can be had; null for no limit.</param>
internal sealed record StorageLine(string Storage, decimal Fixed, decimal OfGib, decimal FreeGib, decimal? MostGib)
{
    public const string Bind = "bind";
    public const string Ebs = "ebs";
    public const string Efs = "efs";

    // Steps of a curve: fine enough to look smooth and to be read at.
    private const int Steps = 50;

    /// <summary>Cost of a size, without the rounding of a bill.</summary>
    public decimal At(decimal gib) => Fixed + (OfGib * Math.Max(0, gib - FreeGib));

    /// <summary>The line of a storage.</summary>
    public static StorageLine Of(string storage, CostWish wish, Prices prices)
    {
        var month = wish.Tasks * wish.Hours / prices.HoursPerMonth;
        return storage switch
        {
            Bind => new(Bind, 0, wish.Tasks * wish.Hours * prices["ephemeral-storage"].Value, MonthlyCost.FreeEphemeralGiB, ComparisonCost.LargestDiskGiB),
            Ebs => new(
                Ebs,
                (month * (((wish.EbsIops - MonthlyCost.FreeEbsIops) * prices["ebs-gp3-iops"].Value)
                    + ((wish.EbsThroughput - MonthlyCost.FreeEbsThroughput) * prices["ebs-gp3-throughput"].Value)))
                    + (wish.SnapshotGib * prices["ebs-snapshot"].Value),
                month * prices["ebs-gp3"].Value,
                0,
                EbsVolumeType.MaximumGiB),
            Efs => new(
                Efs,
                ComparisonCost.DaysOfMonth * ((wish.WrittenGibPerDay * prices["efs-written"].Value)
                    + ((wish.ReadGibPerDay ?? wish.WrittenGibPerDay) * prices["efs-read"].Value)),
                prices["efs-standard"].Value,
                0,
                null),
            _ => throw new InvalidOperationException($"Unhandled storage {storage}."),
        };
    }

    /// <summary>The lines of all storages, in the order of reports.</summary>
    public static IReadOnlyList<StorageLine> All(CostWish wish, Prices prices) => [Of(Bind, wish, prices), Of(Ebs, wish, prices), Of(Efs, wish, prices)];

    /// <summary>Points from 0 to <paramref name="most"/> GiB, or to the largest that can be had; every bend is one.</summary>
    public CostCurve Curve(decimal most)
    {
        var end = Math.Min(most, MostGib ?? most);
        var step = most / Steps;
        var sizes = Enumerable.Range(0, Steps + 1).Select(i => decimal.Round(i * step)).Append(FreeGib).Append(end);
        return new(Storage, [.. sizes.Where(gib => gib <= end).Distinct().Order().Select(gib => new CostPoint(gib, decimal.Round(At(gib), 2, MidpointRounding.AwayFromZero)))]);
    }
}
