using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Probes;

/// <summary>Volumes on an EFS file system. What they write there has the verification's name, and they remove it.</summary>
internal static class EfsProbes
{
    public static Probe Survives { get; } = Of(
        "efs-survives",
        "What a task writes to an EFS file system is there for a task that starts after its end.",
        Sources.Stated(Sources.Efs),
        "the second task finds the first one's checksum",
        setting =>
        [
            new RunToEnd(Task(setting, "first", "efs-writer", $"head -c 65536 /dev/urandom > {File(setting, "survives")}; say sum=$(cksum < {File(setting, "survives")})")),
            new RunToEnd(Task(setting, "second", "efs-reader", $"say sum=$(cksum < {File(setting, "survives")}); rm -f {File(setting, "survives")}")),
        ],
        (_, evidence) => evidence.Of("first", "writer").Fact("sum") is { Length: > 0 } sum && evidence.Of("second", "writer").Fact("sum") == sum
            ? new(true, "the second task finds the first one's checksum")
            : new(false, $"the first task wrote {Told(evidence, "first", "sum")}, the second finds {Told(evidence, "second", "sum")}"));

    public static Probe Shared { get; } = Of(
        "efs-shared",
        "Tasks that run at one time see each other's files on an EFS file system.",
        Sources.Stated(Sources.Efs),
        "each task sees both files",
        setting =>
        {
            // An NFS client may look at what it knows of a folder for a minute.
            var waiting = Task(setting, "one", "efs-shared", $"touch {File(setting, "shared")}-$(cat /proc/sys/kernel/random/uuid); {Wait($"for s in 1 2 3 4 5 6 7 8 9 10; do set -- {File(setting, "shared")}-*; if [ $# -lt 2 ]; then sleep 1; fi; done; say seen=$#; exit 0")}");
            return
            [
                new StartTasks(waiting, waiting with { Key = "other" }),
                new StopTasks("one", "other"),
                new RunToEnd(Task(setting, "last", "efs-clean", $"rm -f {File(setting, "shared")}-*; say cleaned=yes")),
            ];
        },
        (_, evidence) => Look.At(evidence)
            .For("2", "writer", "seen", "one")
            .For("2", "writer", "seen", "other")
            .Text($"one task sees {Told(evidence, "one", "seen")} of 2 files, the other {Told(evidence, "other", "seen")}"));

    public static Probe AccessPointUser { get; } = Of(
        "efs-access-point-user",
        "What is written through an access point with a POSIX user belongs to that user, whoever writes.",
        Sources.Stated(Sources.AccessPoints),
        "files of root and of user 1000 have one owner",
        setting =>
        [
            new RunToEnd(new ProbeTask("task", Definition(
                setting,
                "efs-user",
                Container(setting, "root", Own(setting, "root")).First(),
                Container(setting, "writer", Own(setting, "other")).As(NotRoot).After("root")))),
        ],
        (_, evidence) => evidence.Of("task", "root").Fact("owner") is { Length: > 0 } owner && evidence.Of("task", "writer").Fact("owner") == owner
            ? new(true, $"files of root and of user 1000 have one owner: {owner}")
            : new(false, $"the file of root is {evidence.Of("task", "root").Fact("owner") ?? "not there"}'s, that of user 1000 {Told(evidence, "task", "owner")}'s"),
        setting => setting.FileSystem?.AuthorizationConfig?.AccessPointId is null ? "no access point is known: give --access-point" : null);

    private static Probe Of(
        string id,
        string claim,
        ProbeSource source,
        string expected,
        Func<ProbeSetting, IReadOnlyList<ProbeStep>> steps,
        Func<ProbeSetting, ProbeEvidence, Observation> judge,
        Func<ProbeSetting, string?>? obstacle = null) => new()
        {
            Id = id,
            Claim = claim,
            Source = source,
            Expected = expected,
            Kind = VolumeKind.Efs,
            Obstacle = setting => setting.FileSystem is null ? "no EFS file system is known: give --file-system" : obstacle?.Invoke(setting),
            Steps = steps,
            Judge = judge,
        };

    // Probes run side by side on the one file system.
    private static string File(ProbeSetting setting, string probe) => $"{MountPath}/{setting.Id}.{probe}";

    private static string Own(ProbeSetting setting, string name) => $"f={File(setting, "user")}-{name}; touch $f; say owner=$(stat -c %u:%g $f); rm -f $f";

    private static ProbeTask Task(ProbeSetting setting, string key, string name, string script) =>
        new(key, Definition(setting, name, Container(setting, "writer", script)));

    private static Tasks.RegisterTaskDefinitionRequest Definition(ProbeSetting setting, string name, params IReadOnlyList<Tasks.ContainerDefinition> containers) =>
        ProbeDefinition.Of(setting, name, containers) with
        {
            TaskRoleArn = setting.FileSystem!.AuthorizationConfig?.Iam is "ENABLED" ? setting.TaskRoleArn : null,
            Volumes = [new() { Name = Volume, EfsVolumeConfiguration = setting.FileSystem }],
        };

    private static string Told(ProbeEvidence evidence, string task, string fact) => evidence.Of(task, "writer").Fact(fact) ?? "nothing";
}
