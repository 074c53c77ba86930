using System.CommandLine;
using System.Globalization;
using Tidepool.Comparison;
using Tidepool.Tasks;

namespace Tidepool.Cli.Commands;

/// <summary>The options that say what is to be paid for.</summary>
internal sealed class CostArguments
{
    private static readonly CostWish Ordinary = new();

    private readonly Option<decimal?> _gib = Figure(CostWish.GibRange, Ordinary.Gib);
    private readonly Option<decimal?> _written = Figure(CostWish.WrittenRange, Ordinary.WrittenGibPerDay);
    private readonly Option<decimal?> _read = Figure(CostWish.ReadRange, null, "as much as is written");
    private readonly Option<decimal?> _tasks = Figure(CostWish.TasksRange, Ordinary.Tasks);
    private readonly Option<decimal?> _hours = Figure(CostWish.HoursRange, Ordinary.Hours);
    private readonly Option<decimal?> _agents = Figure(CostWish.AgentsRange, Ordinary.Agents);
    private readonly Option<int?> _cpu = Size("--cpu", "CPU of a task: units, 1024 for one vCPU, or as in '1 vCPU'.", Ordinary.CpuUnits, TaskSize.ParseCpu);
    private readonly Option<int?> _memory = Size("--memory", "Memory of a task: MiB, or as in '2 GB'.", Ordinary.MemoryMiB, TaskSize.ParseMemory);
    private readonly Option<bool> _x86 = new("--x86") { Description = "Cost of X86_64 in place of ARM64." };
    private readonly Option<bool> _spot = new("--spot") { Description = "Cost of Fargate Spot." };
    private readonly Option<decimal?> _nat = Figure(CostWish.NatRange, null, "public addresses");
    private readonly Option<decimal?> _logs = Figure(CostWish.LogsRange, null, "1 an agent");
    private readonly Option<decimal?> _jobs = Figure(CostWish.JobsRange, null, "one an agent");
    private readonly Option<decimal?> _iops = Figure(CostWish.IopsRange, Ordinary.EbsIops);
    private readonly Option<decimal?> _throughput = Figure(CostWish.ThroughputRange, Ordinary.EbsThroughput);
    private readonly Option<decimal?> _snapshot = Figure(CostWish.SnapshotRange, Ordinary.SnapshotGib);

    public CostArguments(Command command)
    {
        foreach (var option in new Option[]
        {
            _gib, _written, _read, _tasks, _hours, _agents, _cpu, _memory, _x86, _spot, _nat, _logs, _jobs, _iops, _throughput, _snapshot,
        })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What the options ask for.</summary>
    public CostWish Read(ParseResult parsed) => new()
    {
        Gib = parsed.GetValue(_gib) ?? Ordinary.Gib,
        WrittenGibPerDay = parsed.GetValue(_written) ?? Ordinary.WrittenGibPerDay,
        ReadGibPerDay = parsed.GetValue(_read),
        Tasks = (int)(parsed.GetValue(_tasks) ?? Ordinary.Tasks),
        Hours = parsed.GetValue(_hours) ?? Ordinary.Hours,
        Agents = (int)(parsed.GetValue(_agents) ?? Ordinary.Agents),
        CpuUnits = parsed.GetValue(_cpu) ?? Ordinary.CpuUnits,
        MemoryMiB = parsed.GetValue(_memory) ?? Ordinary.MemoryMiB,
        IsX86 = parsed.GetValue(_x86),
        IsSpot = parsed.GetValue(_spot),
        NatGib = parsed.GetValue(_nat),
        LogsGib = parsed.GetValue(_logs),
        ParallelJobs = (int?)parsed.GetValue(_jobs),
        EbsIops = (int)(parsed.GetValue(_iops) ?? Ordinary.EbsIops),
        EbsThroughput = (int)(parsed.GetValue(_throughput) ?? Ordinary.EbsThroughput),
        SnapshotGib = parsed.GetValue(_snapshot) ?? Ordinary.SnapshotGib,
    };

    private static Option<decimal?> Figure(CostRange range, decimal? ordinary, string? otherwise = null) => new(range.Option)
    {
        Description = $"{range.What}. [default: {otherwise ?? ordinary?.ToString(CultureInfo.InvariantCulture)}]",
        HelpName = "N",
        CustomParser = result =>
        {
            var found = result.Tokens[0].Value;
            if (range.Read(found) is { } value)
            {
                return value;
            }

            result.AddError($"{range.Option} is '{found}'; it must be {range.Form}.");
            return null;
        },
    };

    private static Option<int?> Size(string name, string description, int ordinary, Func<string, int?> read) => new(name)
    {
        Description = $"{description} [default: {ordinary}]",
        HelpName = "SIZE",
        CustomParser = result =>
        {
            var found = result.Tokens[0].Value;
            if (read(found) is { } value)
            {
                return value;
            }

            result.AddError($"{name} is '{found}'; it must be a size as ECS takes it, such as {ordinary}.");
            return null;
        },
    };
}
