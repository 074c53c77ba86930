using Tidepool.Storage.Probes;
using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Comparison;

/// <summary>All scenarios, in the order of rows.</summary>
public static class ComparisonScenarios
{
    public static IReadOnlyList<ComparisonScenario> All { get; } =
    [
        HandOverScenarios.SameTask,
        HandOverScenarios.OtherTask,
        LifetimeScenarios.ContainerRestarted,
        LifetimeScenarios.TaskReplaced,
        LifetimeScenarios.ScaledToTwo,
        LifetimeScenarios.NewRevision,
        WriterScenarios.SameNameInOneTask,
        WriterScenarios.SameNameInTwoTasks,
        WriterScenarios.WriterKilled,
        WriterScenarios.DiskFull,
        WriterScenarios.NotRoot,
    ];

    /// <summary>One task that waits to be stopped: started as the storage wants it.</summary>
    internal static IReadOnlyList<ProbeStep> One(ComparedStorage storage, ProbeTask task) =>
        storage.IsOfService ? [new ServeTask(task)] : [new StartTasks(task), new StopTasks(task.Key)];

    /// <summary>Removes what a scenario wrote to a file system that is not the verification's own.</summary>
    internal static IReadOnlyList<ProbeStep> Clean(ComparedStorage storage, ProbeSetting setting, string scenario) => storage.Kind is not VolumeKind.Efs || setting.IsFileSystemOwn
        ? []
        : [new RunToEnd(storage.Task(setting, $"{scenario}-clean", "clean", Container(setting, "cleaner", $"rm -f {ArtifactScript.Path(storage, setting, scenario)}*; say cleaned=yes")))];
}
