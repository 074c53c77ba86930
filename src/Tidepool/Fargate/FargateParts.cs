using Tidepool.Fargate.Metadata;
using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Upstream;
using Tidepool.Fargate.Volumes;

namespace Tidepool.Fargate;

/// <summary>What all clusters of one local Fargate share.</summary>
internal sealed record FargateParts
{
    public required FargateOptions Options { get; init; }

    public required TimeProvider Clock { get; init; }

    public required EcsArns Arns { get; init; }

    public required IContainerRuntime Runtime { get; init; }

    public required TaskStorage Storage { get; init; }

    public required TaskDisks Disks { get; init; }

    /// <summary>EBS volumes.</summary>
    public required ElasticBlockStorage Ebs { get; init; }

    /// <summary>The kinds of volumes that are not bind mounts.</summary>
    public required IReadOnlyList<IVolumeKind> VolumeKinds { get; init; }

    public required Journal Journal { get; init; }

    public required StateChangeLog Changes { get; init; }

    public required MetadataEndpoint Metadata { get; init; }

    /// <summary>The metadata endpoint's address, as containers see it.</summary>
    public required string MetadataAddress { get; init; }

    /// <summary>Gives tasks the keys of their roles.</summary>
    public required TaskCredentials Credentials { get; init; }

    /// <summary>Reads the secrets of tasks.</summary>
    public required TaskSecrets Secrets { get; init; }

    /// <summary>Reads files of environment variables.</summary>
    public required EnvironmentFiles EnvironmentFiles { get; init; }

    /// <summary>The emulator of other AWS services; null when there is none.</summary>
    public UpstreamClient? Upstream { get; init; }

    /// <summary>Reports something of the environment once, by its kind.</summary>
    public required NoticeBoard Notices { get; init; }
}

/// <summary>Reports each kind of trouble once; the trouble itself may come with every write.</summary>
internal sealed class NoticeBoard(StateChangeLog changes, TimeProvider clock)
{
    private readonly HashSet<string> _reported = [];

    public void Report(string kind, string reason)
    {
        lock (_reported)
        {
            if (!_reported.Add(kind))
            {
                return;
            }
        }

        changes.Add([new TaskStateChange { At = clock.GetUtcNow(), Kind = TaskStateChangeKind.Notice, Status = kind, Reason = reason }]);
    }
}
