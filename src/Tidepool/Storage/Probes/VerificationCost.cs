using Tidepool.Tasks;

namespace Tidepool.Storage.Probes;

/// <summary>What probes make in an account, and what that costs at most. Pure.</summary>
/// <param name="Tasks">Tasks that are started.</param>
/// <param name="TaskDefinitions">Revisions that are registered.</param>
/// <param name="Services">Services of one task.</param>
/// <param name="EbsVolumes">EBS volumes of 1 GiB.</param>
/// <param name="Snapshots">Snapshots of them.</param>
/// <param name="Amount">In the price list's currency.</param>
/// <param name="Currency">As in <c>USD</c>.</param>
/// <param name="Region">Region of the price list.</param>
/// <param name="LargeTasks">Tasks among them that are larger than others: those that take the time of work.</param>
public sealed record VerificationCost(int Tasks, int TaskDefinitions, int Services, int EbsVolumes, int Snapshots, decimal Amount, string Currency, string Region, int LargeTasks = 0)
{
    /// <summary>Minutes that are billed for a task, pull of the image included: a guess, with room. AWS bills one at least.</summary>
    public const int MinutesOfTask = 5;

    /// <summary>Minutes that are billed for one that takes the time of work: EFS wants some for many small files. A guess too.</summary>
    public const int MinutesOfLargeTask = 10;

    /// <summary>Counts what can be tried in a setting; what needs a look at the image first counts as tried.</summary>
    public static VerificationCost Of(IReadOnlyList<Probe> probes, ProbeSetting setting, bool hasPublicAddress, Prices prices)
    {
        // Those that the image may rule out are counted: the bill is smaller then.
        var assumed = setting with
        {
            Facts = new("0", "1:1 700", 1, "0", "/etc", "passwd", RootMayChown: true),
            Snapshot = SnapshotPreparation.Obstacle(setting) is null ? setting.Snapshot ?? new("to be taken", "") : null,
        };
        var tried = probes.Where(probe => probe.Obstacle(assumed) is null).ToList();
        var steps = tried.SelectMany(probe => probe.Steps(assumed)).ToList();
        if (steps.SelectMany(TasksOf).Any(task => task.Volume?.Snapshot is ProbeSetting.PreparedSnapshot))
        {
            steps.AddRange(SnapshotPreparation.Steps(setting));
        }

        var tasks = 1 + steps.Sum(step => step.Tasks);
        var started = steps.SelectMany(TasksOf).ToList();
        var kind = setting.CpuArchitecture is "ARM64" ? "arm" : "x86";
        var large = started.Where(task => !IsSmall(task)).ToList();
        var running = ((tasks - large.Count) * MinutesOfTask * MinuteOf(ProbeDefinition.CpuUnits, ProbeDefinition.MemoryMiB))
            + large.Sum(task => MinutesOfLargeTask * MinuteOf(TaskSize.ParseCpu(task.Definition.Cpu!)!.Value, TaskSize.ParseMemory(task.Definition.Memory!)!.Value));
        var traffic = tried.Where(probe => probe.Kind is VolumeKind.Efs).Sum(probe => probe.WritesGib) * (prices["efs-written"].Value + prices["efs-read"].Value);
        var volumes = started.Count(task => task.Volume is not null);

        // A volume and a snapshot live as long as a task does, or a little longer: an hour's share of a month is more than that.
        var amount = running + traffic + (volumes * 2 * prices["ebs-gp3"].Value / prices.HoursPerMonth);
        return new(
            tasks,
            1 + started.Select(task => task.Definition.Family).Distinct().Count() + steps.OfType<RegisterOnly>().Count(),
            steps.Count(step => step is ReplaceTask or ServeTask or ScaleService or DeployRevision),
            volumes,
            steps.OfType<TakeSnapshot>().Count(),
            decimal.Ceiling(amount * 100) / 100,
            prices.Currency,
            prices.Region,
            large.Count);

        decimal MinuteOf(int cpuUnits, int memoryMiB) => ((cpuUnits / 1024m * prices[$"fargate-{kind}-vcpu"].Value)
            + (memoryMiB / 1024m * prices[$"fargate-{kind}-memory"].Value)
            + (hasPublicAddress ? prices["public-ipv4"].Value : 0)) / 60;
    }

    private static bool IsSmall(ProbeTask task) => task.Definition.Cpu == $"{ProbeDefinition.CpuUnits}" && task.Definition.Memory == $"{ProbeDefinition.MemoryMiB}";

    private static IEnumerable<ProbeTask> TasksOf(ProbeStep step) => step switch
    {
        RunToEnd run => run.Run,
        StartTasks start => start.Start,
        ReplaceTask replace => [replace.Task, replace.Task],
        ServeTask serve => [serve.Task],
        ScaleService scale => [scale.Task, scale.Task],
        DeployRevision deploy => [deploy.Task, deploy.Next],
        _ => [],
    };
}
