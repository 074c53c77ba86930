using Tidepool.Tasks;
using static Tidepool.Storage.Probes.ProbeDefinition;

namespace Tidepool.Storage.Probes;

/// <summary>A snapshot that several probes start from: of a volume on which a task wrote one file.</summary>
internal static class SnapshotPreparation
{
    /// <summary>The file, on every volume that is made from the snapshot.</summary>
    public const string File = $"{MountPath}/of-the-snapshot";

    private const string Key = ProbeSetting.PreparedSnapshot;

    /// <summary>Why there can be none; null where there can.</summary>
    public static string? Obstacle(ProbeSetting setting) => setting.NoEbs
        ?? (setting.InfrastructureRoleArn is null ? "no infrastructure role is known: give --infrastructure-role" : setting.NoSnapshots);

    public static IReadOnlyList<ProbeStep> Steps(ProbeSetting setting) =>
    [
        new RunToEnd(new ProbeTask(
            Key,
            Of(setting, Key, Container(setting, "writer", $"head -c 65536 /dev/urandom > {File}; {{ sync; }} 2> /dev/null; say sum=$(cksum < {File})")) with
            {
                Volumes = [new TaskVolume { Name = Volume, ConfiguredAtLaunch = true }],
            },
            new(Volume, Keep: true))),
        new TakeSnapshot(Key, Key),
    ];

    /// <summary>The snapshot; null where something failed.</summary>
    public static ProbeSnapshot? Read(ProbeEvidence evidence) =>
        evidence.Of(Key, "writer").Fact("sum") is { Length: > 0 } sum && evidence.Snapshots.GetValueOrDefault(Key) is { } id ? new(id, sum) : null;

    /// <summary>What failed; null where nothing did.</summary>
    public static string? Fault(ProbeEvidence evidence) => Read(evidence) is not null
        ? null
        : $"no snapshot could be taken: {evidence.Tasks.GetValueOrDefault(Key)?.StoppedReason ?? "the task said no checksum"}";
}
