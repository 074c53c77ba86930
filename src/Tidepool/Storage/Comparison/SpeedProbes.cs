using Tidepool.Storage.Probes;
using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Comparison;

/// <summary>The tasks that take the time of all work: one for each medium. They are to run one after another, or they measure each other.</summary>
public static class SpeedProbes
{
    /// <summary>CPU units of a task that measures.</summary>
    public const int CpuUnits = 1024;

    /// <summary>Memory of a task that measures, in MiB: the large file fits into the page cache.</summary>
    public const int MemoryMiB = 2048;

    private const string Container = "agent-1";

    // All turns of all work: what EFS bills for, at most.
    private const decimal WrittenGib = 1.2m;

    /// <summary>Where the time is taken: a volume that RunTask keeps is of the same medium as that of a service.</summary>
    public static IReadOnlyList<ComparedStorage> Media { get; } = [.. ComparedStorage.All.Where(storage => MediumOf(storage) == storage)];

    /// <summary>The storage whose figures are also those of another one.</summary>
    public static ComparedStorage MediumOf(ComparedStorage storage) => storage == ComparedStorage.EbsOfRunTask ? ComparedStorage.EbsOfService : storage;

    /// <summary>A probe for each medium.</summary>
    public static IReadOnlyList<Probe> Of(SpeedPace pace) => [.. Media.Select(storage => On(storage, pace))];

    /// <summary>Id of the probe for a storage.</summary>
    public static string IdOf(ComparedStorage storage) => $"speed/{MediumOf(storage).Id}";

    /// <summary>What the task of a storage wrote.</summary>
    public static ContainerEvidence Read(ProbeEvidence evidence) => evidence.Of("task", Container);

    private static Probe On(ComparedStorage storage, SpeedPace pace) => new()
    {
        Id = IdOf(storage),
        Claim = $"{storage.Name}: time of {SpeedWork.All.Count} pieces of work.",
        Source = Sources.Inferred(Sources.EbsPerformance),
        Expected = "a time for each",
        Kind = storage.Kind,
        WritesGib = WrittenGib,
        Obstacle = storage.Obstacle,
        Steps = setting =>
        {
            var script = SpeedScript.Of($"{MountPath}/{setting.Id}.speed.{storage.Id}", pace, isKept: storage.Kind is VolumeKind.Efs);
            var task = storage.Task(setting, "speed", "task", ProbeDefinition.Container(setting, Container, script));
            return [new RunToEnd(task with { Definition = task.Definition with { Cpu = $"{CpuUnits}", Memory = $"{MemoryMiB}" } })];
        },
        Judge = (_, evidence) =>
        {
            var readings = SpeedWork.All.Select(work => (work, Reading: SpeedReading.Of(Read(evidence), work))).ToList();
            var missing = readings.Where(item => item.Reading.Fault is not null).ToList();
            return new(
                missing.Count == 0,
                missing.Count == 0 ? "a time for each" : string.Join("; ", missing.Select(item => $"{item.work.Id}: {item.Reading.Fault}")));
        },
    };
}
