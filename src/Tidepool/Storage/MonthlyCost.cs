using System.Globalization;

namespace Tidepool.Storage;

/// <summary>What is billed for: sizes and counts of one deployment.</summary>
public sealed record BilledDeployment
{
    /// <summary>Tasks that run all month.</summary>
    public required int Tasks { get; init; }

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

    /// <summary>An EFS file system is part of it.</summary>
    public bool HasEfs { get; init; }

    /// <summary>Each task has a public IPv4 address.</summary>
    public bool HasPublicAddress { get; init; }
    public int NatGateways { get; init; }
    public int Secrets { get; init; }

    /// <summary>The image lies in a repository of the deployment's own.</summary>
    public bool HasRepository { get; init; }
}

/// <summary>One line of the bill.</summary>
/// <param name="Item">What it is.</param>
/// <param name="Quantity">How much of it a month, in the price's unit.</param>
/// <param name="Price">What one costs.</param>
/// <param name="IsEstimate">The quantity depends on the jobs; it is a guess that is told in the item.</param>
public sealed record CostLine(string Item, decimal Quantity, Price Price, bool IsEstimate)
{
    /// <summary>Cost of a month, to the cent.</summary>
    public decimal Monthly => decimal.Round(Quantity * Price.Value, 2, MidpointRounding.AwayFromZero);
}

/// <summary>What a deployment costs a month if it runs all the time, at list prices of one Region.</summary>
/// <remarks>
/// Fargate bills from the start of the image pull until the task stops, per second.
/// Source: https://aws.amazon.com/fargate/pricing/. Self-hosted jobs: one at a time is free, each further one is bought.
/// Source: https://learn.microsoft.com/azure/devops/pipelines/licensing/concurrent-jobs
/// </remarks>
public sealed record MonthlyCost
{
    /// <summary>Ephemeral storage that every task has free of charge.</summary>
    public const int FreeEphemeralGiB = 20;

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
        var hours = prices.HoursPerMonth;
        var tasks = deployment.Tasks;
        var (kind, name) = (deployment.IsSpot ? "spot" : "fargate", deployment.IsArm ? "arm" : "x86");
        var where = $"{(deployment.IsSpot ? "Fargate Spot" : "Fargate")} {(deployment.IsArm ? "ARM64" : "X86_64")}";
        var vCpus = deployment.CpuUnits / 1024m;
        var memory = deployment.MemoryMiB / 1024m;
        var agents = tasks * deployment.AgentsPerTask;
        var addresses = (deployment.HasPublicAddress ? tasks : 0) + deployment.NatGateways;
        var extra = Math.Max(0, deployment.EphemeralStorageGiB - FreeEphemeralGiB);

        CostLine?[] lines =
        [
            Line($"{where}, {Number(vCpus)} vCPU x {Count(tasks, "task")}", tasks * vCpus * hours, $"{kind}-{name}-vcpu"),
            Line($"{where}, {Number(memory)} GB x {Count(tasks, "task")}", tasks * memory * hours, $"{kind}-{name}-memory"),
            Line($"ephemeral storage, {extra} GiB over {FreeEphemeralGiB} x {Count(tasks, "task")}", tasks * extra * hours, "ephemeral-storage"),
            Line($"EBS gp3, {deployment.EbsGiB} GiB x {Count(tasks, "task")}", tasks * deployment.EbsGiB, "ebs-gp3"),
            deployment.HasEfs ? Line($"EFS Standard, if {Number(EfsGb)} GB are kept", EfsGb, "efs-standard", isEstimate: true) : null,
            Line($"public IPv4 address x {addresses}", addresses * hours, "public-ipv4"),
            Line($"NAT gateway x {deployment.NatGateways}", deployment.NatGateways * hours, "nat-gateway"),
            Line(Count(deployment.Secrets, "secret"), deployment.Secrets, "secret"),
            Line($"logs taken in, if each of {Count(agents, "agent")} writes {Number(LogsGbPerAgent)} GB", agents * LogsGbPerAgent, "logs-ingested", isEstimate: true),
            Line("logs kept, the same for a month", agents * LogsGbPerAgent, "logs-stored", isEstimate: true),
            deployment.HasRepository ? Line($"image in ECR, if it has {Number(ImageGb)} GB", ImageGb, "ecr-storage", isEstimate: true) : null,
            Line($"Azure Pipelines, parallel jobs beyond the free one, if all {Count(agents, "agent")} are to run jobs at once", Math.Max(0, agents - 1), "azure-parallel-job", isEstimate: true),
        ];
        return new MonthlyCost(prices.Region, prices.Currency, [.. lines.OfType<CostLine>()]);

        CostLine? Line(string item, decimal quantity, string price, bool isEstimate = false) =>
            quantity == 0 ? null : new CostLine(item, quantity, prices[price], isEstimate);
    }

    private static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    private static string Number(decimal value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
