using System.Globalization;

namespace Tidepool.Storage;

/// <summary>What is billed for: sizes and counts of one deployment.</summary>
public sealed record BilledDeployment
{
    /// <summary>Tasks that run at one time.</summary>
    public required int Tasks { get; init; }

    /// <summary>Hours a month that they run; null for all of it.</summary>
    public decimal? Hours { get; init; }

    /// <summary>Agents of one task.</summary>
    public required int AgentsPerTask { get; init; }

    /// <summary>CPU units of a task; 1024 is one vCPU.</summary>
    public required int CpuUnits { get; init; }
    public required int MemoryMiB { get; init; }

    /// <summary>ARM64, or else X86_64.</summary>
    public required bool IsArm { get; init; }

    /// <summary>On Fargate Spot.</summary>
    public bool IsSpot { get; init; }

    /// <summary>Ephemeral storage of a task in GiB; the first 20 are free.</summary>
    public int EphemeralStorageGiB { get; init; } = MonthlyCost.FreeEphemeralGiB;

    /// <summary>Size of each task's EBS volume in GiB; 0 for none.</summary>
    public int EbsGiB { get; init; }

    /// <summary>I/O operations a second of each EBS volume; the first 3000 are part of gp3's price.</summary>
    public int EbsIops { get; init; } = MonthlyCost.FreeEbsIops;

    /// <summary>MiB/s of each EBS volume; the first 125 are part of gp3's price.</summary>
    public int EbsThroughput { get; init; } = MonthlyCost.FreeEbsThroughput;

    /// <summary>GB of EBS snapshots that are kept all month.</summary>
    public decimal SnapshotGb { get; init; }

    /// <summary>An EFS file system is part of it.</summary>
    public bool HasEfs { get; init; }

    /// <summary>GB that it keeps all month; null for a guess.</summary>
    public decimal? EfsGb { get; init; }

    /// <summary>GB a month that are read from it, with elastic throughput.</summary>
    public decimal EfsReadGb { get; init; }

    /// <summary>GB a month that are written to it, with elastic throughput.</summary>
    public decimal EfsWrittenGb { get; init; }

    /// <summary>Each task has a public IPv4 address.</summary>
    public bool HasPublicAddress { get; init; }
    public int NatGateways { get; init; }

    /// <summary>GB a month that go through them.</summary>
    public decimal NatGb { get; init; }

    /// <summary>GB a month that all agents write to their logs; null for a guess.</summary>
    public decimal? LogsGb { get; init; }

    /// <summary>Parallel jobs of Azure Pipelines, the free one among them; null for one an agent.</summary>
    public int? ParallelJobs { get; init; }
    public int Secrets { get; init; }

    /// <summary>The image lies in a repository of the deployment's own.</summary>
    public bool HasRepository { get; init; }
}

/// <summary>One line of the bill.</summary>
/// <param name="Item">What it is.</param>
/// <param name="Quantity">How much of it a month, in the price's unit.</param>
/// <param name="Price">What one costs.</param>
/// <param name="IsEstimate">The quantity depends on the jobs; it is a guess that is told in the item.</param>
/// <param name="IsStorage">It is of the agents' storage and not of all else.</param>
public sealed record CostLine(string Item, decimal Quantity, Price Price, bool IsEstimate, bool IsStorage = false)
{
    /// <summary>Cost of a month, to the cent.</summary>
    public decimal Monthly => decimal.Round(Quantity * Price.Value, 2, MidpointRounding.AwayFromZero);
}

/// <summary>What a deployment costs a month, at list prices of one Region.</summary>
/// <remarks>
/// Fargate bills from the start of the image pull until the task stops, per second. A task's EBS volume lives as long as the task; what EFS
/// keeps, snapshots and NAT gateways are billed all month. AWS's GB of storage are of 2^30 bytes.
/// Sources: https://aws.amazon.com/fargate/pricing/, https://aws.amazon.com/ebs/pricing/, https://aws.amazon.com/efs/pricing/. Self-hosted jobs: one at a time is free, each further one is bought.
/// Source: https://learn.microsoft.com/azure/devops/pipelines/licensing/concurrent-jobs
/// </remarks>
public sealed record MonthlyCost
{
    /// <summary>Ephemeral storage that every task has free of charge.</summary>
    public const int FreeEphemeralGiB = 20;

    /// <summary>I/O operations a second that every gp3 volume has.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html</remarks>
    public const int FreeEbsIops = 3000;

    /// <summary>MiB/s that every gp3 volume has.</summary>
    /// <remarks>Source: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html</remarks>
    public const int FreeEbsThroughput = 125;

    // Guesses, told in the lines: what jobs write cannot be known beforehand.
    private const decimal LogsGbPerAgent = 1m;
    private const decimal EfsGb = 10m;
    private const decimal ImageGb = 1m;

    private MonthlyCost(string region, string currency, IReadOnlyList<CostLine> lines) => (Region, Currency, Lines) = (region, currency, lines);

    public string Region { get; }
    public string Currency { get; }
    public IReadOnlyList<CostLine> Lines { get; }
    public decimal Total => Lines.Sum(line => line.Monthly);

    /// <summary>What no line holds.</summary>
    public static string NotCounted =>
        "Not counted: tax, free tiers, discounts, data transfer out of AWS and through NAT, EFS throughput, KMS keys. A second task runs for minutes at each new deployment.";

    public static MonthlyCost Of(BilledDeployment deployment, Prices prices)
    {
        var ofMonth = prices.HoursPerMonth;
        var hours = deployment.Hours ?? ofMonth;
        var tasks = deployment.Tasks;
        var each = Count(tasks, "task");
        var (kind, name) = (deployment.IsSpot ? "spot" : "fargate", deployment.IsArm ? "arm" : "x86");
        var where = $"{(deployment.IsSpot ? "Fargate Spot" : "Fargate")} {(deployment.IsArm ? "ARM64" : "X86_64")}";
        var vCpus = deployment.CpuUnits / 1024m;
        var memory = deployment.MemoryMiB / 1024m;
        var agents = tasks * deployment.AgentsPerTask;
        var extra = Math.Max(0, deployment.EphemeralStorageGiB - FreeEphemeralGiB);
        var (iops, throughput) = (deployment.EbsIops - FreeEbsIops, deployment.EbsThroughput - FreeEbsThroughput);
        var addresses = ((deployment.HasPublicAddress ? tasks : 0) * hours) + (deployment.NatGateways * ofMonth);

        CostLine?[] lines =
        [
            Line($"{where}, {Number(vCpus)} vCPU x {each}", tasks * vCpus * hours, $"{kind}-{name}-vcpu"),
            Line($"{where}, {Number(memory)} GB x {each}", tasks * memory * hours, $"{kind}-{name}-memory"),
            OfStorage($"ephemeral storage, {extra} GiB over {FreeEphemeralGiB} x {each}", tasks * extra * hours, "ephemeral-storage"),
            OfStorage($"EBS gp3, {deployment.EbsGiB} GiB x {each}", WhileTasksRun(deployment.EbsGiB), "ebs-gp3"),
            OfStorage($"EBS gp3, {iops} IOPS over {FreeEbsIops} x {each}", WhileTasksRun(iops), "ebs-gp3-iops"),
            OfStorage($"EBS gp3, {throughput} MiB/s over {FreeEbsThroughput} x {each}", WhileTasksRun(throughput), "ebs-gp3-throughput"),
            OfStorage($"EBS snapshots, {Number(deployment.SnapshotGb)} GB kept", deployment.SnapshotGb, "ebs-snapshot"),
            !deployment.HasEfs ? null
                : deployment.EfsGb is { } kept ? OfStorage($"EFS Standard, {Number(kept)} GB kept", kept, "efs-standard")
                : OfStorage($"EFS Standard, if {Number(EfsGb)} GB are kept", EfsGb, "efs-standard", isEstimate: true),
            OfStorage("EFS elastic throughput, written", deployment.EfsWrittenGb, "efs-written"),
            OfStorage("EFS elastic throughput, read", deployment.EfsReadGb, "efs-read"),
            Line($"public IPv4 address x {(deployment.HasPublicAddress ? tasks : 0) + deployment.NatGateways}", addresses, "public-ipv4"),
            Line($"NAT gateway x {deployment.NatGateways}", deployment.NatGateways * ofMonth, "nat-gateway"),
            Line("traffic through NAT", deployment.NatGb, "nat-traffic"),
            Line(Count(deployment.Secrets, "secret"), deployment.Secrets, "secret"),
            deployment.LogsGb is { } written
                ? Line("logs taken in", written, "logs-ingested")
                : Line($"logs taken in, if each of {Count(agents, "agent")} writes {Number(LogsGbPerAgent)} GB", agents * LogsGbPerAgent, "logs-ingested", isEstimate: true),
            Line("logs kept, the same for a month", deployment.LogsGb ?? agents * LogsGbPerAgent, "logs-stored", isEstimate: deployment.LogsGb is null),
            deployment.HasRepository ? Line($"image in ECR, if it has {Number(ImageGb)} GB", ImageGb, "ecr-storage", isEstimate: true) : null,
            deployment.ParallelJobs is { } jobs
                ? Line($"Azure Pipelines, parallel jobs beyond the free one, for {jobs} at once", Math.Max(0, jobs - 1), "azure-parallel-job")
                : Line($"Azure Pipelines, parallel jobs beyond the free one, if all {Count(agents, "agent")} are to run jobs at once", Math.Max(0, agents - 1), "azure-parallel-job", isEstimate: true),
        ];
        return new MonthlyCost(prices.Region, prices.Currency, [.. lines.OfType<CostLine>()]);

        CostLine? Line(string item, decimal quantity, string price, bool isEstimate = false) =>
            quantity == 0 ? null : new CostLine(item, quantity, prices[price], isEstimate);

        CostLine? OfStorage(string item, decimal quantity, string price, bool isEstimate = false) =>
            Line(item, quantity, price, isEstimate) is { } line ? line with { IsStorage = true } : null;

        // Each task has a volume of its own. Without a volume no figure of it counts.
        decimal WhileTasksRun(int figure) => deployment.EbsGiB == 0 ? 0 : tasks * figure * hours / ofMonth;
    }

    private static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    private static string Number(decimal value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
