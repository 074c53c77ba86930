using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Probes;

/// <summary>Whom a bind mount belongs to, who may write to it, and what of the image is in it.</summary>
internal static class OwnerProbes
{
    private const string Refused = "Permission denied";
    private const string ReadOnly = "Read-only file system";
    public const string NoOwners = "root of a container cannot give files away here, so that owners mean nothing (see docs/local-fargate.md, Users)";

    // Words of the shell and of touch differ; the error's own are the same everywhere, in the C locale.
    private static string TryToWrite(string path) =>
        $"if why=$(touch {path}/tried 2>&1); then say write=done; else case \"$why\" in *'{Refused}'*) say 'write={Refused}';; *'{ReadOnly}'*) say 'write={ReadOnly}';; *) say \"write=$why\";; esac; fi";

    public static Probe DefaultOwner { get; } = new()
    {
        Id = "default-owner",
        Claim = "Where the image has no VOLUME at the mount's path, the volume is root's with mode 0755, and no other user can write to it.",
        Source = Sources.Stated(Sources.BindMounts),
        Expected = "0:0 755; a write of another user: Permission denied",
        Obstacle = setting => setting.Facts.RootMayChown ? null : NoOwners,
        Steps = setting =>
        [
            new RunToEnd(new ProbeTask("task", Of(
                setting, "owner", Container(setting, "writer", $"say owner=$(owner {MountPath}); {TryToWrite(MountPath)}").As(NotRoot)))),
        ],
        Judge = (_, evidence) => Look.At(evidence)
            .For("0:0 755", "writer", "owner")
            .For(Refused, "writer", "write")
            .Text($"{Fact(evidence, "writer", "owner")}; a write of another user: {Fact(evidence, "writer", "write")}"),
    };

    public static Probe ImageVolumeOwner { get; } = new()
    {
        Id = "image-volume-owner",
        Claim = "Where the image has a VOLUME at exactly the mount's path, the volume has the owner and mode of that directory in the image.",
        Source = Sources.Stated(Sources.BindMounts),
        Expected = "owner and mode of the image's directory",
        Obstacle = setting => setting.Facts switch
        {
            { RootMayChown: false } => NoOwners,
            { VolumeOwner: null } => NoVolume(setting),
            { VolumeOwner: "0:0 755" } => $"the image's {setting.ImageVolume} is root's with mode 0755, as a volume is without a VOLUME too",
            _ => null,
        },
        Steps = setting =>
        [
            new RunToEnd(new ProbeTask("task", Of(
                setting, "seed-owner", Container(setting, "writer", $"say owner=$(owner {setting.ImageVolume})").At(setting.ImageVolume!)))),
        ],
        Judge = (setting, evidence) => Look.At(evidence)
            .For(setting.Facts.VolumeOwner!, "writer", "owner")
            .Text($"{Fact(evidence, "writer", "owner")}, and {setting.Facts.VolumeOwner} in the image"),
    };

    public static Probe ImageVolumeContent { get; } = new()
    {
        Id = "image-volume-content",
        Claim = "Where the image has a VOLUME at exactly the mount's path, the volume has what is in that directory of the image.",
        Source = Sources.Stated(Sources.BindMounts),
        Expected = "the same names, owners, modes and checksums as in the image",
        Obstacle = setting => setting.Facts switch
        {
            { VolumeOwner: null } => NoVolume(setting),
            { VolumeEntries: 0 } => $"the image's {setting.ImageVolume} is empty",
            _ => null,
        },
        Steps = setting =>
        [
            new RunToEnd(new ProbeTask("task", Of(
                setting, "seed", Container(setting, "reader", ImageSurvey.Contents(setting.ImageVolume!)).At(setting.ImageVolume!)))),
        ],
        Judge = (setting, evidence) => Look.At(evidence)
            .For($"{setting.Facts.VolumeEntries}", "reader", "entries")
            .For(setting.Facts.VolumeSum!, "reader", "sum")
            .Text($"{Fact(evidence, "reader", "entries")} entries with checksum {Fact(evidence, "reader", "sum")}, and {setting.Facts.VolumeEntries} with {setting.Facts.VolumeSum} in the image"),
    };

    public static Probe ImageContentHidden { get; } = new()
    {
        Id = "image-content-hidden",
        Claim = "Without a VOLUME at the mount's path, the mount hides what the image has there.",
        Source = Sources.Stated(Sources.BindMounts),
        Expected = "nothing of the image is in the volume",
        Obstacle = setting => setting.Facts.ContentPath is null ? "the image has content in none of the directories that were looked at" : null,
        Steps = setting =>
        [
            new RunToEnd(new ProbeTask("task", Of(
                setting, "hidden", Container(setting, "reader", $"if [ -e {InImage(setting)} ]; then say image=found; else say image=hidden; fi").At(setting.Facts.ContentPath!)))),
        ],
        Judge = (setting, evidence) => Look.At(evidence)
            .For("hidden", "reader", "image")
            .Text($"{InImage(setting)} of the image is {Fact(evidence, "reader", "image")}"),
    };

    public static Probe InitContainerChown { get; } = new()
    {
        Id = "init-container-chown",
        Claim = "A container that runs as root before the others can give the volume to their user.",
        Source = Sources.Reported(Sources.InitContainer),
        Expected = "1000:1000 755; a write of that user: done",
        Obstacle = setting => setting.Facts.RootMayChown ? null : NoOwners,
        Steps = setting =>
        [
            new RunToEnd(new ProbeTask("task", Of(
                setting,
                "chown",
                Container(setting, "init", $"chown {NotRoot} {MountPath} && say chown=done").First(),
                Container(setting, "writer", $"say owner=$(owner {MountPath}); {TryToWrite(MountPath)}").As(NotRoot).After("init")))),
        ],
        Judge = (_, evidence) => Look.At(evidence)
            .For("done", "init", "chown")
            .For($"{NotRoot} 755", "writer", "owner")
            .For("done", "writer", "write")
            .Text($"{Fact(evidence, "writer", "owner")}; a write of that user: {Fact(evidence, "writer", "write")}"),
    };

    public static Probe ReadOnlyMount { get; } = new()
    {
        Id = "read-only-mount",
        Claim = "readOnly keeps one container from writing to a volume, and no other.",
        Source = Sources.Stated(Sources.BindMounts),
        Expected = "the writer: done; the reader: Read-only file system, and it sees the writer's file",
        Steps = setting =>
        [
            new RunToEnd(new ProbeTask("task", Of(
                setting,
                "read-only",
                Container(setting, "writer", $"{TryToWrite(MountPath)}; touch {MountPath}/mark").First(),
                Container(setting, "reader", $"{TryToWrite(MountPath)}; if [ -e {MountPath}/mark ]; then say mark=found; else say mark=missing; fi").At(MountPath, readOnly: true).After("writer")))),
        ],
        Judge = (_, evidence) => Look.At(evidence)
            .For("done", "writer", "write")
            .For(ReadOnly, "reader", "write")
            .For("found", "reader", "mark")
            .Text($"the writer: {Fact(evidence, "writer", "write")}; the reader: {Fact(evidence, "reader", "write")}, and the writer's file is {Fact(evidence, "reader", "mark")}"),
    };

    private static string InImage(ProbeSetting setting) => $"{setting.Facts.ContentPath}/{setting.Facts.ContentName}";

    private static string NoVolume(ProbeSetting setting) =>
        setting.ImageVolume is null ? "the image has no VOLUME, as far as it was told" : $"the image has no directory {setting.ImageVolume}";

    private static string Fact(ProbeEvidence evidence, string container, string fact) => evidence.Of("task", container).Fact(fact) ?? "no word";
}
