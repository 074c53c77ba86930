using Tidepool.Storage.Probes;
using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Comparison;

/// <summary>Which agent sees what another one wrote.</summary>
internal static class HandOverScenarios
{
    public static ComparisonScenario SameTask { get; } = new()
    {
        Id = "same-task",
        Name = "other agent of the same task",
        What = "One container of a task writes an artifact, another one reads it.",
        Rule = storage => (Seen.Found, Sources.Stated(storage.Kind switch
        {
            VolumeKind.Bind => Sources.BindMounts,
            VolumeKind.Ebs => Sources.Ebs,
            _ => Sources.Efs,
        })),
        Steps = (storage, setting) =>
        [
            .. ComparisonScenarios.One(storage, storage.Task(
                setting,
                "same-task",
                "task",
                Container(setting, "agent-1", ArtifactScript.Of(storage, setting, "same-task", "put \"$f\"")).First(),
                Container(setting, "agent-2", ArtifactScript.Of(storage, setting, "same-task", $"say found=$(look \"$f\")\n{Wait()}")).After("agent-1"))),
            .. ComparisonScenarios.Clean(storage, setting, "same-task"),
        ],
        See = (_, evidence) =>
        {
            var (writer, reader) = (evidence.Of("task", "agent-1"), evidence.Of("task", "agent-2"));
            return new(
                ArtifactScript.SeenBy(reader, writer),
                ArtifactScript.Control(writer, isStill: false),
                $"agent-1 wrote {ArtifactScript.Told(writer.Fact("wrote"))}; agent-2 of its task found {ArtifactScript.Told(reader.Fact("found"))}");
        },
    };

    public static ComparisonScenario OtherTask { get; } = new()
    {
        Id = "other-task",
        Name = "agent of another task",
        What = "A task writes an artifact; a task of another start that runs beside it reads it.",
        Rule = storage => (OtherTaskSees(storage), Sources.Stated(storage.Kind switch
        {
            VolumeKind.Bind => Sources.Isolation,
            VolumeKind.Ebs => Sources.Ebs,
            _ => Sources.Efs,
        })),
        Steps = (storage, setting) =>
        [
            new StartTasks(Task(storage, setting, "first")),
            new StartTasks(Task(storage, setting, "second")),
            new StopTasks("second"),
            new StopTasks("first"),
            .. ComparisonScenarios.Clean(storage, setting, "other-task"),
        ],
        See = (_, evidence) => SecondSees(evidence, "the other task"),
    };

    /// <summary>What a task sees of what another one wrote.</summary>
    public static string OtherTaskSees(ComparedStorage storage) => storage switch
    {
        { Kind: VolumeKind.Efs } => Seen.Found,
        _ when storage == ComparedStorage.EbsFromSnapshot => Seen.OfSnapshot,
        _ => Seen.NotFound,
    };

    /// <summary>What the task <c>second</c> saw of what the task <c>first</c> wrote.</summary>
    /// <param name="evidence">The evidence.</param>
    /// <param name="name">What the text calls the second one.</param>
    public static Sight SecondSees(ProbeEvidence evidence, string name)
    {
        var (writer, reader) = (evidence.Of("first", "agent-1"), evidence.Of("second", "agent-1"));
        return new(
            ArtifactScript.SeenBy(reader, writer),
            ArtifactScript.Control(writer),
            $"the first task wrote {ArtifactScript.Told(writer.Fact("wrote"))} and had it to its end; {name} found {ArtifactScript.Told(reader.Fact("found"))}"
                + (reader.Fact("seed") is null or ArtifactScript.Missing ? "" : $", and of the snapshot {ArtifactScript.Told(reader.Fact("seed"))}"));
    }

    private static ProbeTask Task(ComparedStorage storage, ProbeSetting setting, string key) => storage.Task(
        setting, $"other-task-{key}", key, Container(setting, "agent-1", ArtifactScript.Of(storage, setting, "other-task", ArtifactScript.LookThenWrite)));
}
