using System.CommandLine;
using Tidepool.Comparison;

namespace Tidepool.Cli.Commands;

/// <summary>The options of <c>compare</c> that say what is to be paid for.</summary>
internal sealed class CostArguments
{
    private static readonly CostWish Defaults = new();

    private readonly Option<decimal?> _gib = Of(CostWish.GibRange, Defaults.Gib);
    private readonly Option<decimal?> _written = Of(CostWish.WrittenRange, Defaults.WrittenGibPerDay);
    private readonly Option<decimal?> _read = Of(CostWish.ReadRange, "as much as is written");
    private readonly Option<decimal?> _tasks = Of(CostWish.TasksRange, Defaults.Tasks);
    private readonly Option<decimal?> _hours = Of(CostWish.HoursRange, Defaults.Hours);
    private readonly Option<decimal?> _agents = Of(CostWish.AgentsRange, Defaults.Agents);
    private readonly Option<decimal?> _nat = Of(CostWish.NatRange, "public addresses");
    private readonly Option<decimal?> _logs = Of(CostWish.LogsRange, "one for each agent");
    private readonly Option<decimal?> _jobs = Of(CostWish.JobsRange, "one for each agent");
    private readonly Option<decimal?> _iops = Of(CostWish.IopsRange, Defaults.EbsIops);
    private readonly Option<decimal?> _throughput = Of(CostWish.ThroughputRange, Defaults.EbsThroughput);
    private readonly Option<decimal?> _snapshot = Of(CostWish.SnapshotRange, Defaults.SnapshotGib);
    private readonly Option<int> _cpu = RehearsalArguments.Range("--cpu", "CPU units of a task; 1024 is one vCPU.", Defaults.CpuUnits, 1, int.MaxValue);
    private readonly Option<int> _memory = RehearsalArguments.Range("--memory", "Memory of a task in MiB.", Defaults.MemoryMiB, 1, int.MaxValue);
    private readonly Option<bool> _x86 = new("--x86") { Description = "X86_64 in place of ARM64." };
    private readonly Option<bool> _spot = new("--spot") { Description = "On Fargate Spot." };

    public CostArguments(Command command)
    {
        foreach (var option in new Option[] { _gib, _written, _read, _tasks, _hours, _agents, _cpu, _memory, _x86, _spot, _nat, _logs, _jobs, _iops, _throughput, _snapshot })
        {
            command.Options.Add(option);
        }
    }

    /// <exception cref="ProblemException">The figures do not go together.</exception>
    public CostWish Wish(ParseResult parsed)
    {
        var wish = new CostWish
        {
            Gib = parsed.GetValue(_gib) ?? Defaults.Gib,
            WrittenGibPerDay = parsed.GetValue(_written) ?? Defaults.WrittenGibPerDay,
            ReadGibPerDay = parsed.GetValue(_read),
            Tasks = (int?)parsed.GetValue(_tasks) ?? Defaults.Tasks,
            Hours = parsed.GetValue(_hours) ?? Defaults.Hours,
            Agents = (int?)parsed.GetValue(_agents) ?? Defaults.Agents,
            CpuUnits = parsed.GetValue(_cpu),
            MemoryMiB = parsed.GetValue(_memory),
            IsX86 = parsed.GetValue(_x86),
            IsSpot = parsed.GetValue(_spot),
            NatGib = parsed.GetValue(_nat),
            LogsGib = parsed.GetValue(_logs),
            ParallelJobs = (int?)parsed.GetValue(_jobs),
            EbsIops = (int?)parsed.GetValue(_iops) ?? Defaults.EbsIops,
            EbsThroughput = (int?)parsed.GetValue(_throughput) ?? Defaults.EbsThroughput,
            SnapshotGib = parsed.GetValue(_snapshot) ?? Defaults.SnapshotGib,
        };
        return wish.Faults() is [var fault, ..] ? throw new ProblemException(fault) : wish;
    }

    private static Option<decimal?> Of(CostRange range, object without) => new(range.Option)
    {
        Description = $"{range.What}. [default: {without}]",
        HelpName = "N",
        CustomParser = result =>
        {
            var value = range.Read(result.Tokens[0].Value);
            if (value is null)
            {
                var fault = range.Fault(result.Tokens[0].Value);
                result.AddError($"{fault.What} {fault.Mend}");
            }

            return value;
        },
    };
}
