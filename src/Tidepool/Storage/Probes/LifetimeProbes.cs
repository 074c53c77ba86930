using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Probes;

/// <summary>How long a bind mount lasts, and who shares it.</summary>
internal static class LifetimeProbes
{
    private const string Nothing = "nothing";
    private const string List = $"holds=$(names {MountPath}); say holds=${{holds:-{Nothing}}}";
    private const string Mark = $"mark=$(cat /proc/sys/kernel/random/uuid); echo \"$mark\" > {MountPath}/$mark; say mark=$mark";

    public static Probe FreshPerTask { get; } = new()
    {
        Id = "fresh-per-task",
        Claim = "A bind mount is empty when its task starts, whatever an earlier task left.",
        Source = Sources.Stated(Sources.BindMounts),
        Expected = "nothing in the first task, nothing in the second",
        Steps = setting =>
        {
            var definition = Of(setting, "fresh", Container(setting, "writer", $"{List}\n{Mark}"));
            return [new RunToEnd(new ProbeTask("first", definition)), new RunToEnd(new ProbeTask("second", definition))];
        },
        Judge = (_, evidence) => Look.At(evidence)
            .For(Nothing, "writer", "holds", "first")
            .Said("writer", "mark", "first")
            .For(Nothing, "writer", "holds", "second")
            .Said("writer", "mark", "second")
            .Text($"{Seen(evidence, "first")} in the first task, {Seen(evidence, "second")} in the second"),
    };

    public static Probe SameInBothContainers { get; } = new()
    {
        Id = "same-in-both-containers",
        Claim = "All containers of a task that mount a volume see the same files.",
        Source = Sources.Stated(Sources.BindMounts),
        Expected = "the reader's checksum and inode are the writer's",
        Steps = setting =>
        [
            new RunToEnd(new ProbeTask("task", Of(
                setting,
                "same",
                Container(setting, "writer", $"head -c 65536 /dev/urandom > {MountPath}/file; say sum=$(cksum < {MountPath}/file); say inode=$(stat -c %i {MountPath}/file)").First(),
                Container(setting, "reader", $"say sum=$(cksum < {MountPath}/file); say inode=$(stat -c %i {MountPath}/file)").After("writer")))),
        ],
        Judge = (_, evidence) =>
        {
            var (writer, reader) = (evidence.Of("task", "writer"), evidence.Of("task", "reader"));
            string?[] written = [writer.Fact("sum"), writer.Fact("inode")];
            string?[] read = [reader.Fact("sum"), reader.Fact("inode")];
            return written.All(fact => !string.IsNullOrEmpty(fact)) && written.SequenceEqual(read)
                ? new(true, "the reader's checksum and inode are the writer's")
                : new(false, $"the writer has checksum {written[0] ?? Nothing} and inode {written[1] ?? Nothing}, the reader {read[0] ?? Nothing} and {read[1] ?? Nothing}");
        },
    };

    public static Probe TwoTasksApart { get; } = new()
    {
        Id = "two-tasks-apart",
        Claim = "Two tasks of one definition that run at one time have a bind mount each.",
        Source = Sources.Stated(Sources.Isolation),
        Expected = "each task sees its own file alone",
        Steps = setting =>
        {
            var definition = Of(setting, "apart", Container(setting, "writer", $"{Mark}\n{Wait($"{List}; exit 0")}"));
            return [new StartTasks(new ProbeTask("one", definition), new ProbeTask("other", definition)), new StopTasks("one", "other")];
        },
        Judge = (_, evidence) =>
        {
            bool IsAlone(string task) => evidence.Of(task, "writer") is var writer && writer.Fact("mark") is { Length: > 0 } mark && writer.Fact("holds") == mark;
            return IsAlone("one") && IsAlone("other")
                ? new(true, "each task sees its own file alone")
                : new(false, $"one task wrote {Told(evidence, "one", "mark")} and sees {Told(evidence, "one", "holds")}, the other wrote {Told(evidence, "other", "mark")} and sees {Told(evidence, "other", "holds")}");
        },
    };

    public static Probe SurvivesRestart { get; } = new()
    {
        Id = "survives-restart",
        Claim = "A container that is restarted in place finds what it wrote to the volume.",
        Source = Sources.Inferred(Sources.RestartPolicy),
        Expected = "the second run finds the first run's file",
        Steps = setting =>
        [
            new RunToEnd(new ProbeTask("task", Of(
                setting,
                "restart",
                Container(setting, "crashing", $"{List}\nif [ -e {MountPath}/mark ] || [ -e /tmp/ran ]; then exit 0; fi\ntouch {MountPath}/mark /tmp/ran\nsleep {setting.RestartAttemptSeconds + 1}\nexit 3") with
                {
                    RestartPolicy = new(true, [0], 60),
                }))),
        ],
        Judge = (_, evidence) =>
        {
            var (runs, end) = (evidence.Of("task", "crashing").All("holds"), evidence.Of("task", "crashing").ExitCode);
            return runs is [Nothing, "mark"] && end is 0
                ? new(true, "the second run finds the first run's file")
                : new(false, $"{runs.Count} runs, which saw {(runs.Count == 0 ? Nothing : string.Join(", then ", runs))}; the last exit code is {end?.ToString() ?? "unknown"}");
        },
    };

    public static Probe GoneAfterReplacement { get; } = new()
    {
        Id = "gone-after-replacement",
        Claim = "The task that a service starts in place of a stopped one finds nothing of it.",
        Source = Sources.Stated(Sources.BindMounts),
        Expected = "nothing in the replacement",
        Steps = setting =>
        [
            new ReplaceTask(new ProbeTask("task", Of(setting, "replaced", Container(setting, "writer", $"{List}\n{Mark}\n{Wait()}"))), "replacement"),
        ],
        Judge = (_, evidence) => Look.At(evidence)
            .Said("writer", "mark", "task")
            .For(Nothing, "writer", "holds", "replacement")
            .And(evidence.Tasks.GetValueOrDefault("task")?.TaskArn != evidence.Tasks.GetValueOrDefault("replacement")?.TaskArn)
            .Text($"{Seen(evidence, "replacement")} in the replacement"),
    };

    private static string Seen(ProbeEvidence evidence, string task) => Told(evidence, task, "holds");

    private static string Told(ProbeEvidence evidence, string task, string fact) => evidence.Of(task, "writer").Fact(fact) ?? "no word";
}
