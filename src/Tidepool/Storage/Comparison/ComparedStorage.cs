using Tidepool.Storage.Probes;
using Tidepool.Tasks;
using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Comparison;

/// <summary>A storage that is compared: a column. It says how a task gets it.</summary>
public sealed record ComparedStorage
{
    private ComparedStorage(string id, string name, VolumeKind kind, string what) => (Id, Name, Kind, What) = (id, name, kind, what);

    public static ComparedStorage Bind { get; } = new(
        "bind", "bind mount", VolumeKind.Bind, "A volume on the task's own disk, the same for all its containers. It comes with the task and goes with it.");

    public static ComparedStorage EbsOfService { get; } = new(
        "ebs-service", "EBS of a service", VolumeKind.Ebs, "A new EBS volume for each task that the service starts. ECS deletes it with the task; a service has no way to keep it.");

    public static ComparedStorage EbsOfRunTask { get; } = new(
        "ebs-run-task",
        "EBS of RunTask, kept",
        VolumeKind.Ebs,
        "A new EBS volume for a task that RunTask starts, with deleteOnTermination false. It stays in the account when the task has stopped, is billed, and no later task can have it.");

    public static ComparedStorage EbsFromSnapshot { get; } = new(
        "ebs-snapshot", "EBS from a snapshot", VolumeKind.Ebs, "As EBS of a service, but each task's volume begins as a snapshot that somebody took before.");

    public static ComparedStorage Efs { get; } = new(
        "efs", "EFS", VolumeKind.Efs, "A file system that all tasks mount at its root. It stays until somebody deletes it.");

    public static ComparedStorage EfsAccessPoint { get; } = new(
        "efs-access-point", "EFS, access point", VolumeKind.Efs, "The same through an access point: a folder of it, in which everything belongs to the access point's user.");

    /// <summary>All of them, in the order of columns.</summary>
    public static IReadOnlyList<ComparedStorage> All { get; } = [Bind, EbsOfService, EbsOfRunTask, EbsFromSnapshot, Efs, EfsAccessPoint];

    /// <summary>As in <c>ebs-service</c>.</summary>
    public string Id { get; }

    /// <summary>The column's heading.</summary>
    public string Name { get; }

    public VolumeKind Kind { get; }

    /// <summary>What it is, in a sentence or two.</summary>
    public string What { get; }

    /// <summary>Whether a service starts its tasks; RunTask else.</summary>
    public bool IsOfService => this != EbsOfRunTask;

    public override string ToString() => Id;

    /// <summary>Why it cannot be tried in a setting; null where it can.</summary>
    internal string? Obstacle(ProbeSetting setting) => Kind switch
    {
        VolumeKind.Ebs => setting.NoEbs
            ?? (setting.InfrastructureRoleArn is null ? "no infrastructure role is known: give --infrastructure-role" : null)
            ?? (this == EbsFromSnapshot && setting.Snapshot is null ? setting.NoSnapshots ?? "no snapshot was taken" : null),
        VolumeKind.Efs => setting.FileSystem is null ? "no EFS file system is known: give --file-system"
            : this == EfsAccessPoint && setting.FileSystem.AuthorizationConfig?.AccessPointId is null ? "no access point is known: give --access-point"
            : null,
        _ => null,
    };

    /// <summary>A task with this storage at <see cref="MountPath"/>.</summary>
    internal ProbeTask Task(ProbeSetting setting, string scenario, string key, params IReadOnlyList<ContainerDefinition> containers)
    {
        var definition = Of(setting, $"{scenario}-{Id}", containers);
        return Kind switch
        {
            VolumeKind.Bind => new(key, definition),
            VolumeKind.Ebs => new(
                key,
                definition with { Volumes = [new() { Name = Volume, ConfiguredAtLaunch = true }] },
                new(Volume, Keep: !IsOfService, Snapshot: this == EbsFromSnapshot ? ProbeSetting.PreparedSnapshot : null)),
            VolumeKind.Efs => new(key, definition with
            {
                TaskRoleArn = setting.FileSystem!.AuthorizationConfig?.Iam is "ENABLED" ? setting.TaskRoleArn : null,
                Volumes = [new() { Name = Volume, EfsVolumeConfiguration = this == EfsAccessPoint ? setting.FileSystem : WithoutAccessPoint(setting.FileSystem) }],
            }),
            _ => throw new InvalidOperationException($"Unhandled {nameof(VolumeKind)} {Kind}."),
        };
    }

    private static EfsVolume WithoutAccessPoint(EfsVolume volume) =>
        volume with { AuthorizationConfig = volume.AuthorizationConfig is { Iam: "ENABLED" and var iam } ? new(Iam: iam) : null };
}
