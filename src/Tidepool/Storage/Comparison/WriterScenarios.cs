using System.Globalization;
using Tidepool.Storage.Probes;
using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Comparison;

/// <summary>What becomes of writers: two at once, one that is killed, one that fills the disk, one that is not root.</summary>
internal static class WriterScenarios
{
    private const int TaskGiB = 21;
    private const int PieceMiB = 128;
    private const int KiBOfGiB = 1024 * 1024;

    // More than the EBS volume of 1 GiB holds.
    private const int PiecesOfEfs = 9;

    public static ComparisonScenario SameNameInOneTask { get; } = new()
    {
        Id = "same-name-one-task",
        Name = "two runs at once, one task",
        What = "Two runs at once, on two agents of one task, write an artifact of the same name; the first reads it back.",
        Rule = _ => (Seen.Overwritten, Sources.Inferred(Sources.BindMounts)),
        Steps = (storage, setting) =>
        [
            .. ComparisonScenarios.One(storage, storage.Task(
                setting,
                "one-task",
                "task",
                Container(setting, "agent-1", ArtifactScript.Of(storage, setting, "one-task", $"put \"$f\"; touch \"$f.1\"; await \"$f.2\"\n{Wait("say still=$(look \"$f\"); exit 0")}")),
                Container(setting, "agent-2", ArtifactScript.Of(storage, setting, "one-task", $"await \"$f.1\"; put \"$f\"; touch \"$f.2\"\n{Wait("say still=$(look \"$f\"); exit 0")}")))),
            .. ComparisonScenarios.Clean(storage, setting, "one-task"),
        ],
        See = (_, evidence) => TwoWriters(evidence.Of("task", "agent-1"), evidence.Of("task", "agent-2")),
    };

    public static ComparisonScenario SameNameInTwoTasks { get; } = new()
    {
        Id = "same-name-two-tasks",
        Name = "two runs at once, two tasks",
        What = "Two runs at once, on agents of two tasks, write an artifact of the same name; each reads it back.",
        Rule = storage => storage.Kind is VolumeKind.Efs
            ? (Seen.Overwritten, Sources.Stated(Sources.Efs))
            : (Seen.Apart, Sources.Stated(storage.Kind is VolumeKind.Bind ? Sources.Isolation : Sources.Ebs)),
        Steps = (storage, setting) =>
        {
            var first = storage.Task(
                setting, "two-tasks", "first", Container(setting, "agent-1", ArtifactScript.Of(storage, setting, "two-tasks", ArtifactScript.Write)));
            return
            [
                .. storage.IsOfService
                    ? (IReadOnlyList<ProbeStep>)[new ScaleService(first, "second")]
                    : [new StartTasks(first), new StartTasks(first with { Key = "second" }), new StopTasks("first", "second")],
                .. ComparisonScenarios.Clean(storage, setting, "two-tasks"),
            ];
        },
        See = (_, evidence) => TwoWriters(evidence.Of("first", "agent-1"), evidence.Of("second", "agent-1")),
    };

    public static ComparisonScenario WriterKilled { get; } = new()
    {
        Id = "writer-killed",
        Name = "writer killed in mid-write",
        What = "A writer is killed when half of an artifact is written; the other agent compares the checksum. A writer that writes to another name and renames at the end leaves nothing under the artifact's.",
        Rule = _ => (Seen.Torn, Sources.Inferred(Sources.BindMounts)),
        Steps = (storage, setting) =>
        [
            .. ComparisonScenarios.One(storage, storage.Task(
                setting,
                "killed",
                "task",
                Container(setting, "agent-1", ArtifactScript.Of(
                    storage,
                    setting,
                    "killed",
                    """
                    put "$f.whole"
                    head -c 1048576 /dev/urandom > /tmp/artifact; say announced=$(cksum < /tmp/artifact)
                    mkfifo /tmp/pipe
                    half() { cat < /tmp/pipe > "$1" & w=$!; exec 3> /tmp/pipe; head -c 524288 /tmp/artifact >&3; until [ "$(wc -c < "$1")" -ge 524288 ]; do sleep 0.02; done; kill -9 $w; wait $w; say killed=$?; exec 3>&-; }
                    half "$f"
                    half "$f.part"
                    """)).First(),
                Container(setting, "agent-2", ArtifactScript.Of(storage, setting, "killed", $"say found=$(look \"$f\"); say renamed=$(look \"$f.renamed\"); say part=$(look \"$f.part\")\n{Wait()}")).After("agent-1"))),
            .. ComparisonScenarios.Clean(storage, setting, "killed"),
        ],
        See = (_, evidence) =>
        {
            var (writer, reader) = (evidence.Of("task", "agent-1"), evidence.Of("task", "agent-2"));
            var (announced, found) = (writer.Fact("announced"), reader.Fact("found"));
            var isTorn = announced is not null && found is not (null or ArtifactScript.Missing) && found != announced && reader.Fact("renamed") is ArtifactScript.Missing;
            return new(
                isTorn ? Seen.Torn : found == announced ? Seen.Found : Seen.Otherwise,
                ArtifactScript.Control(writer, isStill: false),
                $"of {ArtifactScript.Told(announced)} the other agent found {ArtifactScript.Told(found)}; under a name that only a rename at the end gives: {ArtifactScript.Told(reader.Fact("renamed"))}");
        },
    };

    public static ComparisonScenario DiskFull { get; } = new()
    {
        Id = "disk-full",
        Name = "disk full",
        What = "A task fills its storage: a bind mount on a disk of 21 GiB, an EBS volume of 1 GiB, EFS with more than that.",
        Rule = storage => storage.Kind switch
        {
            VolumeKind.Bind => (Seen.Full, Sources.Stated(Sources.TaskStorage)),
            VolumeKind.Ebs => (Seen.Full, Sources.Stated(Sources.EbsConfiguration)),
            _ => (Seen.NoLimit, Sources.Stated(Sources.Efs)),
        },
        Obstacle = (storage, setting) => storage.Kind is VolumeKind.Bind ? setting.DiskNotLimited : null,
        Steps = (storage, setting) =>
        {
            var path = ArtifactScript.Path(storage, setting, "full");
            var fill = storage.Kind switch
            {
                VolumeKind.Bind => DiskFilling.Script(path, 1024, 200, 2L * TaskGiB * KiBOfGiB),
                VolumeKind.Ebs => DiskFilling.Script(path, PieceMiB, 200, 2L * KiBOfGiB),
                _ => DiskFilling.Script(path, PieceMiB, PiecesOfEfs, long.MaxValue),
            };
            var task = storage.Task(setting, "full", "task", Container(setting, "agent-1", ArtifactScript.Of(
                storage,
                setting,
                "full",
                $"put \"$f.control\"; mkdir -p \"$f\"\n{fill}\nrmdir \"$f\"; if touch /tmp/layer; then say layer=written; fi; say still=$(look \"$f.control\")\n{Wait()}")));
            return
            [
                .. ComparisonScenarios.One(storage, storage.Kind is VolumeKind.Bind ? task with { Definition = task.Definition with { EphemeralStorage = new(TaskGiB) } } : task),
                .. ComparisonScenarios.Clean(storage, setting, "full"),
            ];
        },
        See = (_, evidence) =>
        {
            var agent = evidence.Of("task", "agent-1");
            var total = long.TryParse(agent.Fact("total"), CultureInfo.InvariantCulture, out var kib) ? kib / (double)KiBOfGiB : 0;
            return new(
                agent.Fact("error") switch
                {
                    DiskFilling.Full => Seen.Full,
                    "none" => Seen.NoLimit,
                    _ => Seen.Otherwise,
                },
                ArtifactScript.Control(agent),
                string.Create(CultureInfo.InvariantCulture, $"{agent.Fact("filled") ?? "no"} files were written to a file system of {total:0.0} GiB; then: {agent.Fact("error") ?? "no word"}"));
        },
    };

    public static ComparisonScenario NotRoot { get; } = new()
    {
        Id = "not-root",
        Name = "writer not root, no VOLUME",
        What = "A container that runs as user 1000 writes where the image has no VOLUME; root wrote there before.",
        Rule = storage => storage switch
        {
            { Kind: VolumeKind.Bind } => (Seen.Refused, Sources.Stated(Sources.BindMounts)),
            { Kind: VolumeKind.Ebs } => (Seen.Written, Sources.Stated(Sources.EbsConfiguration)),
            _ when storage == ComparedStorage.Efs => (Seen.Refused, Sources.Stated(Sources.EfsRoot)),
            _ => (Seen.Written, Sources.Stated(Sources.AccessPoints)),
        },
        Obstacle = (_, setting) => setting.Facts.RootMayChown ? null : OwnerProbes.NoOwners,
        Steps = (storage, setting) =>
        [
            .. ComparisonScenarios.One(storage, storage.Task(
                setting,
                "not-root",
                "task",
                Container(setting, "agent-1", ArtifactScript.Of(storage, setting, "not-root", $"put \"$f\"; say owner=$(owner {MountPath})")).First(),
                Container(setting, "agent-2", ArtifactScript.Of(
                    storage,
                    setting,
                    "not-root",
                    $"if why=$(touch \"$f.user\" 2>&1); then say write=done; else say \"write=$why\"; fi; say still=$(look \"$f\")\n{Wait()}")).As(ProbeDefinition.NotRoot).After("agent-1"))),
            .. ComparisonScenarios.Clean(storage, setting, "not-root"),
        ],
        See = (_, evidence) =>
        {
            var (root, user) = (evidence.Of("task", "agent-1"), evidence.Of("task", "agent-2"));
            var write = user.Fact("write");
            return new(
                write is "done" ? Seen.Written : write?.Contains("Permission denied", StringComparison.Ordinal) is true ? Seen.Refused : Seen.Otherwise,
                ArtifactScript.Control(root, isStill: false) && user.Fact("still") == root.Fact("wrote"),
                $"the folder is {root.Fact("owner") ?? "unknown"}; a write of user {ProbeDefinition.NotRoot}: {write ?? "no word"}");
        },
    };

    // The second writes when the first has read back what it wrote.
    private static Sight TwoWriters(ContainerEvidence first, ContainerEvidence second) => new(
        second.Fact("still") != second.Fact("wrote") ? Seen.Otherwise
            : first.Fact("still") == first.Fact("wrote") ? Seen.Apart
            : first.Fact("still") == second.Fact("wrote") ? Seen.Overwritten
            : Seen.Otherwise,
        ArtifactScript.Control(first, isStill: false) && ArtifactScript.Control(second, isStill: false),
        $"the first wrote {ArtifactScript.Told(first.Fact("wrote"))}, the second {ArtifactScript.Told(second.Fact("wrote"))}; in the end the first has {ArtifactScript.Told(first.Fact("still"))}, the second {ArtifactScript.Told(second.Fact("still"))}");
}
