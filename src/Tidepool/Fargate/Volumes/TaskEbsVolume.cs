using Tidepool.Tasks;

namespace Tidepool.Fargate.Volumes;

/// <summary>The EBS volume that each task of an order gets.</summary>
/// <param name="Name">Name of the volume in the task definition.</param>
/// <param name="Configuration">How it is to be.</param>
/// <param name="IsDeletedWithTask">Whether it goes with its task.</param>
/// <param name="Tags">Its tags.</param>
internal sealed record EbsVolumeOrder(string Name, ManagedEbsVolume Configuration, bool IsDeletedWithTask, IReadOnlyList<EcsTag> Tags)
{
    private const string DefaultFileSystem = "xfs";

    /// <summary>The file system that it is to have.</summary>
    public DiskFileSystem FileSystem => Enum.Parse<DiskFileSystem>(Configuration.FilesystemType ?? DefaultFileSystem, ignoreCase: true);

    /// <summary>The order of a request's configuration; null when there is none.</summary>
    /// <param name="configured">Name and configuration of the volume.</param>
    /// <param name="isDeletedWithTask">Whether it goes with its task.</param>
    /// <param name="definition">Tags of the task definition.</param>
    /// <param name="service">Tags of the service.</param>
    public static EbsVolumeOrder? Of(
        (string Name, ManagedEbsVolume Volume)? configured, bool isDeletedWithTask, IReadOnlyList<EcsTag> definition, IReadOnlyList<EcsTag> service) =>
        configured is var (name, volume)
            ? new(name, volume, isDeletedWithTask,
                [
                    new("AmazonECSCreated", "true"),
                    new("AmazonECSManaged", "true"),
                    .. (volume.TagSpecifications ?? []).SelectMany(specification => (specification.Tags ?? []).Concat(specification.PropagateTags switch
                    {
                        "TASK_DEFINITION" => definition,
                        "SERVICE" => service,
                        _ => [],
                    })).DistinctBy(tag => tag.Key),
                ])
            : null;
}

/// <summary>The EBS volume of one task.</summary>
/// <param name="VolumeId">Its id, <c>vol-</c> and 17 hex digits.</param>
/// <param name="AttachmentId">Id of its attachment.</param>
/// <param name="Order">How it is to be.</param>
internal sealed record TaskEbsVolume(string VolumeId, string AttachmentId, EbsVolumeOrder Order);
