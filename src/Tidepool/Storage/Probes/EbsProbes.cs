using Tidepool.Tasks;
using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Probes;

/// <summary>EBS volumes of tasks.</summary>
internal static class EbsProbes
{
    private const string Nothing = "nothing";

    // ext3 and ext4 have one of their own.
    private const string List = $"holds=$(names {MountPath}); holds=${{holds%lost+found}}; say holds=${{holds:-{Nothing}}}";
    // Not every image has it, and what a shell says of that would come between the words of a line: outputs are two streams.
    private const string Sync = "{ sync; } 2> /dev/null";
    private const string Mark = $"mark=$(cat /proc/sys/kernel/random/uuid); echo \"$mark\" > {MountPath}/$mark; {Sync}; say mark=$mark";

    public static Probe PerTask { get; } = Of(
        "ebs-per-task",
        "Each task has an EBS volume of its own, and two tasks never share one.",
        Sources.Stated(Sources.Ebs),
        "two volumes, and in each its task's file alone",
        setting => [new StartTasks(Task(setting, "one", "ebs-apart", Waiting), Task(setting, "other", "ebs-apart", Waiting)), new StopTasks("one", "other")],
        evidence => new(
            Volume(evidence, "one") is { } one && Volume(evidence, "other") is { } other && one.VolumeId != other.VolumeId && HoldsOwn(evidence, "one") && HoldsOwn(evidence, "other"),
            $"{Told(evidence, "one")}{Content(evidence, "one")}; {Told(evidence, "other")}{Content(evidence, "other")}"));

    public static Probe GoneWithServiceTask { get; } = Of(
        "ebs-gone-with-service-task",
        "The EBS volume of a service's task is deleted with it; the task in its place has a new, empty one.",
        Sources.Stated(Sources.EbsConfiguration),
        "the first volume deleted, another one with nothing in the replacement",
        setting => [new ReplaceTask(Task(setting, "task", "ebs-replaced", Waiting), "replacement")],
        evidence => new(
            Volume(evidence, "task") is { IsDeleted: true } first && Volume(evidence, "replacement") is { } second && first.VolumeId != second.VolumeId
                && evidence.Of("replacement", "writer").Fact("holds") == evidence.Of("replacement", "writer").Fact("mark")
                && evidence.Of("task", "writer").Fact("mark") is not null,
            $"{Told(evidence, "task")}; {Told(evidence, "replacement")}{Content(evidence, "replacement")} in the replacement"));

    public static Probe KeptByRunTask { get; } = Of(
        "ebs-kept-by-run-task",
        "RunTask with deleteOnTermination false leaves the volume when the task has stopped.",
        Sources.Stated(Sources.EbsConfiguration),
        "the volume is left",
        setting => [new RunToEnd(Task(setting, "task", "ebs-kept", Mark, keep: true))],
        evidence => new(Volume(evidence, "task") is { IsDeleted: false }, Told(evidence, "task")));

    public static Probe NeverAttachedAgain { get; } = Of(
        "ebs-never-attached-again",
        "A volume that was left is attached to no later task: the next one has a new, empty volume.",
        Sources.Stated(Sources.Ebs),
        "another volume, with nothing, and the first one as it was left",
        setting => [new RunToEnd(Task(setting, "first", "ebs-again", $"{List}\n{Mark}", keep: true)), new RunToEnd(Task(setting, "second", "ebs-again", $"{List}\n{Mark}", keep: true))],
        evidence => new(
            Volume(evidence, "first") is { IsDeleted: false } first && Volume(evidence, "second") is { } second && first.VolumeId != second.VolumeId
                && evidence.Of("first", "writer").Fact("mark") is not null && evidence.Of("second", "writer").Fact("holds") == Nothing,
            $"{Told(evidence, "first")}; then {Told(evidence, "second")}, which held {evidence.Of("second", "writer").Fact("holds") ?? "no word"}"));

    public static Probe FromSnapshot { get; } = Of(
        "ebs-from-snapshot",
        "A volume that is made from a snapshot has the content of the volume that it was taken of.",
        Sources.Stated(Sources.EbsConfiguration),
        "another volume with the first one's file",
        setting =>
        [
            new RunToEnd(Task(setting, "first", "ebs-snapshot", $"{List}\n{Mark}", keep: true)),
            new TakeSnapshot("first", "snapshot"),
            new RunToEnd(Task(setting, "second", "ebs-snapshot", List, snapshot: "snapshot")),
        ],
        evidence => new(
            evidence.Of("first", "writer").Fact("mark") is { } mark && evidence.Of("second", "writer").Fact("holds") == mark
                && Volume(evidence, "first")?.VolumeId != Volume(evidence, "second")?.VolumeId,
            $"the first wrote {evidence.Of("first", "writer").Fact("mark") ?? "nothing"}, the second's volume held {evidence.Of("second", "writer").Fact("holds") ?? "no word"}"),
        setting => setting.NoSnapshots);

    // What it holds is listed when it is stopped: with its own file.
    private static string Waiting => $"{Mark}\n{Wait($"{List}; exit 0")}";

    private static Probe Of(
        string id,
        string claim,
        ProbeSource source,
        string expected,
        Func<ProbeSetting, IReadOnlyList<ProbeStep>> steps,
        Func<ProbeEvidence, Observation> judge,
        Func<ProbeSetting, string?>? obstacle = null) => new()
        {
            Id = id,
            Claim = claim,
            Source = source,
            Expected = expected,
            Kind = VolumeKind.Ebs,
            Obstacle = setting => setting.NoEbs
                ?? (setting.InfrastructureRoleArn is null ? "no infrastructure role is known: give --infrastructure-role" : obstacle?.Invoke(setting)),
            Steps = steps,
            Judge = (_, evidence) => judge(evidence),
        };

    private static ProbeTask Task(ProbeSetting setting, string key, string name, string script, bool keep = false, string? snapshot = null) => new(
        key,
        ProbeDefinition.Of(setting, snapshot is null ? name : $"{name}-{key}", Container(setting, "writer", script)) with
        {
            Volumes = [new TaskVolume { Name = ProbeDefinition.Volume, ConfiguredAtLaunch = true }],
        },
        new(ProbeDefinition.Volume, keep, snapshot));

    private static EbsEvidence? Volume(ProbeEvidence evidence, string task) => evidence.Tasks.GetValueOrDefault(task)?.Volume;

    private static bool HoldsOwn(ProbeEvidence evidence, string task) =>
        evidence.Of(task, "writer").Fact("mark") is { Length: > 0 } mark && evidence.Of(task, "writer").Fact("holds") == mark;

    private static string Content(ProbeEvidence evidence, string task) => HoldsOwn(evidence, task) ? " with its task's file"
        : $" with {evidence.Of(task, "writer").Fact("holds") ?? "no word of what it holds"} (its task wrote {evidence.Of(task, "writer").Fact("mark") ?? "nothing"})";

    private static string Told(ProbeEvidence evidence, string task) => Volume(evidence, task)?.ToString() ?? $"no volume of {task}";
}
