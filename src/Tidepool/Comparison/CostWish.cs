using System.Globalization;
using Tidepool.Storage;
using Tidepool.Tasks;

namespace Tidepool.Comparison;

/// <summary>What is to be paid for: sizes, hours and traffic that the user gives.</summary>
/// <remarks>AWS's GB of storage and of traffic are taken as GiB.</remarks>
public sealed record CostWish
{
    // That of a service of ECS.
    private const int MostTasks = 5000;

    private const decimal MostGib = 1_000_000;
    private const decimal LongestMonth = 744;

    /// <summary>What <see cref="Gib"/> may be.</summary>
    public static CostRange GibRange { get; } = new("--gib", 0, MostGib, "GiB that a task's volume holds");

    /// <summary>What <see cref="WrittenGibPerDay"/> may be.</summary>
    public static CostRange WrittenRange { get; } = new("--written-gib-per-day", 0, MostGib, "GiB that all tasks write to it a day");

    /// <summary>What <see cref="ReadGibPerDay"/> may be.</summary>
    public static CostRange ReadRange { get; } = new("--read-gib-per-day", 0, MostGib, "GiB that all tasks read from it a day");

    /// <summary>What <see cref="Tasks"/> may be.</summary>
    public static CostRange TasksRange { get; } = new("--tasks", 1, MostTasks, "Tasks at one time", IsWhole: true);

    /// <summary>What <see cref="Hours"/> may be.</summary>
    public static CostRange HoursRange { get; } = new("--hours", 0, LongestMonth, "Hours a month that they run");

    /// <summary>What <see cref="Agents"/> may be.</summary>
    public static CostRange AgentsRange { get; } = new("--agents", 1, 10, "Agents of a task", IsWhole: true);

    /// <summary>What <see cref="NatGib"/> may be.</summary>
    public static CostRange NatRange { get; } = new("--nat-gib", 0, MostGib, "GiB a month through a NAT gateway, in place of public addresses");

    /// <summary>What <see cref="LogsGib"/> may be.</summary>
    public static CostRange LogsRange { get; } = new("--logs-gib", 0, MostGib, "GiB a month that all agents write to their logs");

    /// <summary>What <see cref="ParallelJobs"/> may be.</summary>
    public static CostRange JobsRange { get; } = new("--parallel-jobs", 1, MostTasks * 10, "Jobs that Azure Pipelines runs at once, the free one among them", IsWhole: true);

    /// <summary>What <see cref="EbsIops"/> may be.</summary>
    public static CostRange IopsRange { get; } = new("--ebs-iops", MonthlyCost.FreeEbsIops, Gp3.Iops!.Value.Most, "I/O operations a second of each EBS volume", IsWhole: true);

    /// <summary>What <see cref="EbsThroughput"/> may be.</summary>
    public static CostRange ThroughputRange { get; } = new("--ebs-throughput", MonthlyCost.FreeEbsThroughput, EbsVolumeType.MaximumThroughput, "MiB/s of each EBS volume", IsWhole: true);

    /// <summary>What <see cref="SnapshotGib"/> may be.</summary>
    public static CostRange SnapshotRange { get; } = new("--snapshot-gib", 0, MostGib, "GiB of EBS snapshots that are kept");

    /// <summary>GiB that a task's volume holds. With EFS it is one for all tasks.</summary>
    public decimal Gib { get; init; } = 20;

    /// <summary>GiB that all tasks write to it a day; a month has 30.</summary>
    public decimal WrittenGibPerDay { get; init; } = 5;

    /// <summary>GiB that all tasks read from it a day; null for as much as they write.</summary>
    public decimal? ReadGibPerDay { get; init; }

    /// <summary>Tasks at one time.</summary>
    public int Tasks { get; init; } = 1;

    /// <summary>Hours a month that they run; a mean month has 730.</summary>
    public decimal Hours { get; init; } = 730;

    /// <summary>Agents of a task.</summary>
    public int Agents { get; init; } = 2;

    /// <summary>CPU units of a task; 1024 is one vCPU.</summary>
    public int CpuUnits { get; init; } = 1024;

    public int MemoryMiB { get; init; } = 2048;

    /// <summary>X86_64, or else ARM64.</summary>
    public bool IsX86 { get; init; }

    /// <summary>On Fargate Spot.</summary>
    public bool IsSpot { get; init; }

    /// <summary>GiB a month through one NAT gateway; null for public IPv4 addresses.</summary>
    public decimal? NatGib { get; init; }

    /// <summary>GiB a month that all agents write to their logs; null for one an agent.</summary>
    public decimal? LogsGib { get; init; }

    /// <summary>Jobs that Azure Pipelines runs at once, the free one among them; null for one an agent.</summary>
    public int? ParallelJobs { get; init; }

    /// <summary>I/O operations a second of each EBS volume.</summary>
    public int EbsIops { get; init; } = MonthlyCost.FreeEbsIops;

    /// <summary>MiB/s of each EBS volume.</summary>
    public int EbsThroughput { get; init; } = MonthlyCost.FreeEbsThroughput;

    /// <summary>GiB of EBS snapshots that are kept.</summary>
    public decimal SnapshotGib { get; init; }

    private static EbsVolumeType Gp3 => EbsVolumeType.All.Single(type => type.Name == "gp3");

    /// <summary>Everything that is wrong with it: COST001 for a figure out of its range, COST002 for what gp3 has not, TASK011 for a task's size.</summary>
    public IReadOnlyList<Problem> Faults()
    {
        (CostRange Range, decimal? Value)[] figures =
        [
            (GibRange, Gib), (WrittenRange, WrittenGibPerDay), (ReadRange, ReadGibPerDay), (TasksRange, Tasks), (HoursRange, Hours), (AgentsRange, Agents),
            (NatRange, NatGib), (LogsRange, LogsGib), (JobsRange, ParallelJobs), (IopsRange, EbsIops), (ThroughputRange, EbsThroughput), (SnapshotRange, SnapshotGib),
        ];
        var faults = figures
            .Where(figure => figure.Value is { } value && !figure.Range.Has(value))
            .Select(figure => figure.Range.Fault(figure.Value!.Value.ToString(CultureInfo.InvariantCulture)))
            .ToList();
        if (TaskSize.Find(CpuUnits, MemoryMiB) is null)
        {
            faults.Add(new("TASK011", $"{CpuUnits} CPU units do not go with {MemoryMiB} MiB.", TaskSize.Advice(CpuUnits)));
        }

        // 500 IOPS a GiB, and MiB/s up to a quarter of the IOPS: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
        if (GibRange.Has(Gib) && IopsRange.Has(EbsIops) && EbsIops > Math.Max(MonthlyCost.FreeEbsIops, Gp3.MostIopsOfGiB * Gib))
        {
            faults.Add(new("COST002", Invariant($"An EBS volume of {Gib} GiB has no {EbsIops} IOPS."), $"Use at most {Gp3.MostIopsOfGiB} IOPS a GiB, or {MonthlyCost.FreeEbsIops}."));
        }

        if (IopsRange.Has(EbsIops) && ThroughputRange.Has(EbsThroughput) && EbsThroughput > EbsIops / 4)
        {
            faults.Add(new("COST002", $"An EBS volume of {EbsIops} IOPS has no {EbsThroughput} MiB/s.", $"Use at most {EbsIops / 4} MiB/s, or --ebs-iops {EbsThroughput * 4}."));
        }

        return faults;
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

/// <summary>What a figure for the costs may be.</summary>
/// <param name="Option">As on the command line.</param>
/// <param name="Least">The least.</param>
/// <param name="Most">The most.</param>
/// <param name="What">What it is, for a help text.</param>
/// <param name="IsWhole">Whether it is a whole number.</param>
public sealed record CostRange(string Option, decimal Least, decimal Most, string What, bool IsWhole = false)
{
    /// <summary>Whether it can be that.</summary>
    public bool Has(decimal value) => value >= Least && value <= Most && (!IsWhole || decimal.IsInteger(value));

    /// <summary>Reads a figure; null where it is no such number.</summary>
    public decimal? Read(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && Has(value) ? value : null;

    /// <summary>Why a text or a figure is refused.</summary>
    public Problem Fault(string found) => new("COST001", $"{Option} is '{found}'.", $"It must be {Form}.");

    /// <summary>What it must be, as in <c>a number from 0 to 744</c>.</summary>
    public string Form => string.Create(CultureInfo.InvariantCulture, $"a {(IsWhole ? "whole " : "")}number from {Least} to {Most}");
}
