using Tidepool.Storage;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Volumes;

/// <summary>What ECS refuses of the volumes that RunTask and services configure. Pure.</summary>
/// <remarks>
/// The ranges are stated by AWS. ECS asks EC2 whether it would make the volume and hands EC2's refusal on: that frame, and the ratio of
/// operations to size, are texts that users report; the other texts in it are EC2's from memory, and those of ECS's own refusals are inferred.
/// Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskManagedEBSVolumeConfiguration.html,
/// https://github.com/hashicorp/terraform-provider-aws/pull/43502, https://github.com/rocicorp/mono/pull/4410
/// </remarks>
internal static class EbsVolumeRules
{
    private static readonly string[] ReservedTags = ["AmazonECSCreated", "AmazonECSManaged"];

    /// <summary>The one volume that a task definition leaves to be configured, as a request configures it; null when there is none.</summary>
    /// <param name="definition">The task definition.</param>
    /// <param name="configurations">What the request says.</param>
    /// <param name="snapshot">Finds a snapshot by its id.</param>
    /// <param name="propagated">Whose tags a volume may get: TASK_DEFINITION, and SERVICE of services.</param>
    /// <exception cref="EcsException">ECS would refuse it.</exception>
    public static (string Name, ManagedEbsVolume Volume)? Checked(
        TaskDefinition definition,
        IReadOnlyList<(string Name, ManagedEbsVolume? Volume)> configurations,
        Func<string, EbsSnapshot?> snapshot,
        params string[] propagated)
    {
        var wanted = definition.Volumes.FirstOrDefault(volume => volume.ConfiguredAtLaunch is true)?.Name;
        if (configurations.Count > 1)
        {
            throw Refused("Only one volume configuration can be provided.");
        }

        if (configurations is not [var (name, volume)])
        {
            return wanted is null
                ? null
                : throw Refused($"Volume configuration must be provided for the volume '{wanted}' that is configuredAtLaunch in the task definition.");
        }

        if (name != wanted)
        {
            // Reported: https://github.com/go-to-k/cdkd/pull/811
            throw Refused("Volume configuration provided but no matching configuredAtLaunch volume found in task definition.");
        }

        if (volume is null)
        {
            throw Refused($"managedEBSVolume must be provided in the configuration of volume '{name}'.");
        }

        Check(name, volume, snapshot, propagated);
        return (name, volume);
    }

    private static void Check(string name, ManagedEbsVolume volume, Func<string, EbsSnapshot?> snapshot, string[] propagated)
    {
        if (!volume.RoleArn.StartsWith("arn:", StringComparison.Ordinal) || !volume.RoleArn.Contains(":role/", StringComparison.Ordinal))
        {
            throw Refused($"Invalid roleArn '{volume.RoleArn}' in the configuration of volume '{name}'.");
        }

        if (volume is { SizeInGiB: null, SnapshotId: null })
        {
            throw Refused($"Either sizeInGiB or snapshotId must be provided in the configuration of volume '{name}'.");
        }

        if (volume.FilesystemType is not (null or "ext3" or "ext4" or "xfs"))
        {
            throw Refused($"Invalid filesystemType '{volume.FilesystemType}' for volume '{name}'. Valid values for Linux are ext3, ext4 and xfs.");
        }

        if (volume is { VolumeInitializationRate: not null, SnapshotId: null })
        {
            throw Refused($"volumeInitializationRate can be specified for volume '{name}' only with a snapshotId.");
        }

        CheckTags(name, volume.TagSpecifications ?? [], propagated);
        if (Encountered(volume, snapshot) is var (code, text))
        {
            throw Refused($"ECS managed EBS volume configuration was invalid for volume '{name}'. Encountered '{code}' error from AmazonEC2: \"{text}\"");
        }
    }

    private static void CheckTags(string name, IReadOnlyList<EbsTagSpecification> specifications, string[] propagated)
    {
        foreach (var specification in specifications)
        {
            if (specification.ResourceType is not "volume")
            {
                throw Refused($"Invalid resourceType '{specification.ResourceType}' in tagSpecifications of volume '{name}'. The valid value is volume.");
            }

            if (specification.PropagateTags is { } from and not "NONE" && !propagated.Contains(from))
            {
                throw Refused($"Invalid propagateTags '{from}' in tagSpecifications of volume '{name}'.");
            }

            if (specification.Tags?.FirstOrDefault(tag => ReservedTags.Contains(tag.Key)) is { } reserved)
            {
                throw Refused($"The tag key '{reserved.Key}' in tagSpecifications of volume '{name}' is reserved.");
            }
        }
    }

    /// <summary>Why EC2 would not make the volume: its error's code and text; null when it would.</summary>
    private static (string Code, string Text)? Encountered(ManagedEbsVolume volume, Func<string, EbsSnapshot?> snapshot)
    {
        var name = volume.VolumeType ?? EbsVolumeType.Default;
        if (EbsVolumeType.All.FirstOrDefault(known => known.Name == name) is not { } type)
        {
            return name is "standard"
                ? ("InvalidParameterValue", "Volume type standard is not supported on Fargate.")
                : ("UnknownVolumeType", $"Unsupported volume type '{name}' for volume creation.");
        }

        var source = volume.SnapshotId is { } id ? snapshot(id) : null;
        if (volume.SnapshotId is not null && source is null)
        {
            return ("InvalidSnapshot.NotFound", $"The snapshot '{volume.SnapshotId}' does not exist.");
        }

        var size = volume.SizeInGiB ?? source!.SizeGiB;
        return OfSize(type, size, source) ?? OfIops(type, volume.Iops, size) ?? OfThroughput(type, volume) ?? OfInitialization(volume);
    }

    private static (string, string)? OfSize(EbsVolumeType type, int size, EbsSnapshot? source) =>
        size < type.MinimumGiB ? ("InvalidParameterValue", $"Volume of {size}GiB is too small; minimum is {type.MinimumGiB}GiB.")
        : size > EbsVolumeType.MaximumGiB ? ("InvalidParameterValue", $"Volume of {size}GiB is too large for volume type {type.Name}; maximum is {EbsVolumeType.MaximumGiB}GiB.")
        : size < source?.SizeGiB ? ("InvalidParameterValue", $"Volume of {size}GiB is smaller than snapshot '{source.SnapshotId}', expect size >= {source.SizeGiB}GiB.")
        : null;

    private static (string, string)? OfIops(EbsVolumeType type, int? iops, int size) => (type.Iops, iops) switch
    {
        (_, null) => type.NeedsIops ? ("MissingParameter", $"The request must contain the parameter iops for volume type {type.Name}.") : null,
        (null, _) => ("InvalidParameterCombination", $"The parameter iops is not supported for {type.Name} volumes."),
        var (range, _) when iops < range.Value.Fewest => ("InvalidParameterValue", $"Volume iops of {iops} is too low; minimum is {range.Value.Fewest}."),
        var (range, _) when iops > range.Value.Most => ("InvalidParameterValue", $"Volume iops of {iops} is too high; maximum is {range.Value.Most}."),
        _ when iops > (long)size * type.MostIopsOfGiB && iops > type.Iops.Value.Fewest => (
            "InvalidParameterValue", FormattableString.Invariant($"Iops to volume size ratio of {(double)iops.Value / size:F6} is too high; maximum is {type.MostIopsOfGiB}")),
        _ => null,
    };

    private static (string, string)? OfThroughput(EbsVolumeType type, ManagedEbsVolume volume) => volume.Throughput switch
    {
        null => null,
        _ when !type.TakesThroughput => ("InvalidParameterCombination", $"The parameter throughput is not supported for {type.Name} volumes."),
        < 125 or > EbsVolumeType.MaximumThroughput => (
            "InvalidParameterValue", $"Volume throughput of {volume.Throughput} MiB/s is not valid; it must be 125 to {EbsVolumeType.MaximumThroughput}."),

        // A MiB/s takes 4 operations a second. https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
        var throughput when throughput * 4 > (volume.Iops ?? type.Iops!.Value.Fewest) => (
            "InvalidParameterValue",
            FormattableString.Invariant($"Throughput (MiB/s) to iops ratio of {(double)throughput.Value / (volume.Iops ?? type.Iops!.Value.Fewest):F6} is too high; maximum is 0.250000 MiB/s per iops.")),
        _ => null,
    };

    // https://docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html
    private static (string, string)? OfInitialization(ManagedEbsVolume volume) => volume.VolumeInitializationRate is < 100 or > 300
        ? ("InvalidParameterValue", $"The volume initialization rate of {volume.VolumeInitializationRate} MiB/s is not valid; it must be 100 to 300.")
        : null;

    private static EcsException Refused(string text) => new(EcsErrorType.InvalidParameterException, text);
}
