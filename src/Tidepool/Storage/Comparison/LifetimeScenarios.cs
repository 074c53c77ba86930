using Tidepool.Storage.Probes;
using Tidepool.Tasks;
using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Comparison;

/// <summary>What the data survives.</summary>
internal static class LifetimeScenarios
{
    public static ComparisonScenario ContainerRestarted { get; } = new()
    {
        Id = "container-restarted",
        Name = "container restarted in place",
        What = "A container writes an artifact and crashes; its restart policy starts it again in the same task, and it looks.",
        Rule = _ => (Seen.Found, Sources.Inferred(Sources.RestartPolicy)),
        Steps = (storage, setting) =>
        [
            .. ComparisonScenarios.One(storage, storage.Task(
                setting,
                "restarted",
                "task",
                Container(setting, "agent-1", ArtifactScript.Of(
                    storage,
                    setting,
                    "restarted",
                    $"found=$(look \"$f\"); say found=$found\nif [ \"$found\" = missing ] && [ ! -e /tmp/ran ]; then touch /tmp/ran; put \"$f\"; sleep {setting.RestartAttemptSeconds + 1}; say crashed=yes; exit 3; fi\n{Wait()}")) with
                {
                    RestartPolicy = new(true, [0], 60),
                })),
            .. ComparisonScenarios.Clean(storage, setting, "restarted"),
        ],
        See = (_, evidence) =>
        {
            var agent = evidence.Of("task", "agent-1");
            return new(
                agent.All("found") is [ArtifactScript.Missing, _] ? ArtifactScript.SeenBy(agent, agent) : Seen.Otherwise,
                ArtifactScript.Control(agent, isStill: false),
                $"it wrote {ArtifactScript.Told(agent.Fact("wrote"))}, crashed, and found {ArtifactScript.Told(agent.Fact("found"))} in run {agent.All("found").Count}");
        },
    };

    public static ComparisonScenario TaskReplaced { get; } = Of(
        "task-replaced",
        "task replaced",
        "A service's task writes an artifact and is stopped; the task that takes its place looks. With RunTask, a task is run again when the first has stopped.",
        "the task in its place",
        storage => Page(storage, Sources.EbsConfiguration),
        (storage, first) => storage.IsOfService
            ? [new ReplaceTask(first, "second")]
            : [new StartTasks(first), new StopTasks("first"), new StartTasks(first with { Key = "second" }), new StopTasks("second")]);

    public static ComparisonScenario ScaledToTwo { get; } = Of(
        "scaled-to-two",
        "service scaled to two",
        "A service's task writes an artifact; the service is scaled to two tasks and the second looks. With RunTask, a second task is run beside the first.",
        "the second task",
        storage => Page(storage, Sources.Ebs),
        (storage, first) => storage.IsOfService
            ? [new ScaleService(first, "second")]
            : [new StartTasks(first), new StartTasks(first with { Key = "second" }), new StopTasks("first", "second")]);

    public static ComparisonScenario NewRevision { get; } = Of(
        "new-revision",
        "deployment of a new revision",
        "A service's task writes an artifact; a new revision of its task definition is deployed and its task looks. With RunTask, a task of the new revision is run.",
        "the task of the new revision",
        storage => Page(storage, Sources.EbsConfiguration),
        (storage, first) =>
        {
            // Another revision of the same family.
            var next = new ProbeTask("second", first.Definition with { }, first.Volume);
            return storage.IsOfService
                ? [new DeployRevision(first, next)]
                : [new StartTasks(first), new StopTasks("first"), new StartTasks(next), new StopTasks("second")];
        });

    private static ComparisonScenario Of(
        string id,
        string name,
        string what,
        string second,
        Func<ComparedStorage, string> page,
        Func<ComparedStorage, ProbeTask, IReadOnlyList<ProbeStep>> steps) => new()
        {
            Id = id,
            Name = name,
            What = what,
            Rule = storage => (HandOverScenarios.OtherTaskSees(storage), Sources.Stated(page(storage))),
            Steps = (storage, setting) =>
            [
                .. steps(storage, storage.Task(
                    setting, id, "first", Container(setting, "agent-1", ArtifactScript.Of(storage, setting, id, ArtifactScript.LookThenWrite)))),
                .. ComparisonScenarios.Clean(storage, setting, id),
            ],
            See = (_, evidence) => HandOverScenarios.SecondSees(evidence, second),
        };

    private static string Page(ComparedStorage storage, string ebs) => storage.Kind switch
    {
        VolumeKind.Bind => Sources.BindMounts,
        VolumeKind.Ebs => ebs,
        _ => Sources.Efs,
    };
}
