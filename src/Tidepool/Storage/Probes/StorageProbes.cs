namespace Tidepool.Storage.Probes;

/// <summary>All probes, in the order of reports.</summary>
public static class StorageProbes
{
    /// <summary>What awslogs puts before the containers' names.</summary>
    public const string LogPrefix = ProbeDefinition.LogPrefix;

    public static IReadOnlyList<Probe> All { get; } =
    [
        LifetimeProbes.FreshPerTask,
        LifetimeProbes.SameInBothContainers,
        LifetimeProbes.TwoTasksApart,
        LifetimeProbes.SurvivesRestart,
        LifetimeProbes.GoneAfterReplacement,
        OwnerProbes.DefaultOwner,
        OwnerProbes.ImageVolumeOwner,
        OwnerProbes.ImageVolumeContent,
        OwnerProbes.ImageContentHidden,
        OwnerProbes.InitContainerChown,
        OwnerProbes.ReadOnlyMount,
        RefusalProbes.SourcePathRefused,
        DiskProbes.Limit,
        DiskProbes.Metric,
        StopProbes.StopGrace,
        EbsProbes.PerTask,
        EbsProbes.GoneWithServiceTask,
        EbsProbes.KeptByRunTask,
        EbsProbes.NeverAttachedAgain,
        EbsProbes.FromSnapshot,
        EfsProbes.Survives,
        EfsProbes.Shared,
        EfsProbes.AccessPointUser,
    ];
}
