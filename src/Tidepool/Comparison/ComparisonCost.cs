using Tidepool.Deployment;
using Tidepool.Storage;

namespace Tidepool.Comparison;

/// <summary>What agents cost a month with each storage. Pure.</summary>
public static class ComparisonCost
{
    /// <summary>Days of traffic that a month counts as.</summary>
    public const int DaysOfMonth = 30;

    /// <summary>The largest disk of a task, in GiB.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html</remarks>
    public const int LargestDiskGiB = 200;

    /// <summary>The bill with each storage, at list prices.</summary>
    /// <exception cref="ProblemsException">COST001, COST002, TASK011: every figure that cannot be, each with its range.</exception>
    public static CostReport Of(CostWish wish) => Of(wish, Prices.Listed);

    internal static CostReport Of(CostWish wish, Prices prices)
    {
        if (wish.Faults() is { Count: > 0 } faults)
        {
            throw new ProblemsException(faults);
        }

        var lines = StorageLine.All(wish, prices);
        return new()
        {
            Region = prices.Region,
            Currency = prices.Currency,
            Gib = wish.Gib,
            WrittenGibPerDay = wish.WrittenGibPerDay,
            ReadGibPerDay = wish.ReadGibPerDay ?? wish.WrittenGibPerDay,
            Tasks = wish.Tasks,
            Hours = wish.Hours,
            Agents = wish.Agents,
            CpuUnits = wish.CpuUnits,
            MemoryMiB = wish.MemoryMiB,
            Architecture = wish.IsX86 ? "X86_64" : "ARM64",
            IsSpot = wish.IsSpot,
            Remarks = Remarks(wish, prices),
            Storages = [.. lines.Select(line => Bill(line.Storage, wish, prices))],
            Curves = [.. lines.Select(line => line.Curve(LargestPlotted(wish.Gib)))],
            BreakEven = CostBreakEven.Of(wish, prices, lines),
        };
    }

    private static decimal LargestPlotted(decimal gib) => Math.Max(500, 2 * decimal.Ceiling(gib));

    private static StorageCost Bill(string storage, CostWish wish, Prices prices)
    {
        if (Obstacle(storage, wish.Gib) is { } obstacle)
        {
            return new(storage, null, null, [], obstacle);
        }

        var cost = MonthlyCost.Of(Deployment(storage, wish), prices);
        return new(
            storage,
            cost.Lines.Where(line => line.IsStorage).Sum(line => line.Monthly),
            cost.Total,
            [.. cost.Lines.Select(line => new CostItem(
                line.Item, line.Quantity, line.Price.Unit, line.Price.Value, line.Monthly, line.Price.Source.ToString(), line.Price.Date, line.IsStorage, line.IsEstimate, line.Price.Remark))],
            null);
    }

    private static string? Obstacle(string storage, decimal gib) => storage switch
    {
        StorageLine.Bind when gib > LargestDiskGiB => $"a task's own disk has {LargestDiskGiB} GiB at most",
        StorageLine.Ebs when gib > EbsVolumeType.MaximumGiB => $"an EBS volume has {EbsVolumeType.MaximumGiB} GiB at most, and a task takes one",
        _ => null,
    };

    private static BilledDeployment Deployment(string storage, CostWish wish)
    {
        var gib = (int)decimal.Ceiling(wish.Gib);
        var deployment = new BilledDeployment
        {
            Tasks = wish.Tasks,
            Hours = wish.Hours,
            AgentsPerTask = wish.Agents,
            CpuUnits = wish.CpuUnits,
            MemoryMiB = wish.MemoryMiB,
            IsArm = !wish.IsX86,
            IsSpot = wish.IsSpot,
            HasPublicAddress = wish.NatGib is null,
            NatGateways = wish.NatGib is null ? 0 : 1,
            NatGb = wish.NatGib ?? 0,
            LogsGb = wish.LogsGib,
            ParallelJobs = wish.ParallelJobs,
            Secrets = 1,
            HasRepository = true,
        };
        return storage switch
        {
            StorageLine.Bind => deployment with { EphemeralStorageGiB = Math.Max(MonthlyCost.FreeEphemeralGiB, gib) },
            StorageLine.Ebs => deployment with
            {
                EbsGiB = Math.Max(1, gib),
                EbsIops = wish.EbsIops,
                EbsThroughput = wish.EbsThroughput,
                SnapshotGb = wish.SnapshotGib,
            },
            StorageLine.Efs => deployment with
            {
                HasEfs = true,
                EfsGb = wish.Gib,
                EfsWrittenGb = wish.WrittenGibPerDay * DaysOfMonth,
                EfsReadGb = (wish.ReadGibPerDay ?? wish.WrittenGibPerDay) * DaysOfMonth,
            },
            _ => throw new InvalidOperationException($"Unhandled storage {storage}."),
        };
    }

    private static IReadOnlyList<string> Remarks(CostWish wish, Prices prices)
    {
        string?[] remarks =
        [
            $"List prices of {prices.Region} in {prices.Currency}, without tax, free tiers and discounts; each line has its page and its day.",
            "Not every price could be read in AWS's own list on its day; a line whose price was not says so.",
            "A bind mount lies on the task's disk, with the image and all that containers write elsewhere: count those in.",
            wish.Tasks > 1 ? $"Bind mounts and EBS volumes are one a task, {wish.Tasks} in all; EFS keeps its GiB once, for all tasks." : null,
            "Bind mounts and EBS volumes of a service are paid for while their task runs; EFS and snapshots all month.",
            $"Traffic costs with EFS alone (elastic throughput); a month counts as {DaysOfMonth} days of it. EFS counts each file as whole 4 KiB and 2 KiB more.",
            FormattableString.Invariant($"Not counted: EFS Infrequent Access ({prices["efs-infrequent"].Value} {prices.Currency} a GB-month for what nobody read lately), data transfer out of AWS, KMS keys."),
            wish.Hours < prices.HoursPerMonth ? "A task pulls its image at each start, and that time is paid for too: count it in." : null,
            wish.IsSpot ? "Prices of Spot float." : null,
        ];
        return [.. remarks.OfType<string>()];
    }
}
