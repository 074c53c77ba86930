using Tidepool.Fargate.Volumes;
using Tidepool.Storage;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Runtimes;

/// <summary>A volume of a task at a path of a container.</summary>
internal sealed record TaskMount(string Volume, string ContainerPath, bool ReadOnly);

/// <summary>A task as a runtime sees it.</summary>
/// <param name="TaskArn">Its ARN.</param>
/// <param name="Definition">Its task definition.</param>
internal sealed record RuntimeTask(string TaskArn, TaskDefinition Definition)
{
    public string TaskId { get; } = EcsArns.NameOf(TaskArn);

    /// <summary>Host name in the containers.</summary>
    public string HostName => TaskId[..12];

    /// <summary>Ids of the containers by their names.</summary>
    public required IReadOnlyDictionary<string, string> RuntimeIds { get; init; }

    /// <summary>Folders of this machine that are the volumes of other kinds than bind mounts, by the volumes' names.</summary>
    public IReadOnlyDictionary<string, string> AttachedFolders { get; init; } = new Dictionary<string, string>();

    /// <summary>The EBS volume of the task; null for none.</summary>
    public TaskEbsVolume? EbsVolume { get; init; }

    public IEnumerable<TaskVolume> BindVolumes => Definition.Volumes.Where(volume => volume.IsBind);

    /// <summary>A container's mounts, with those that it takes from others.</summary>
    public IEnumerable<TaskMount> MountsOf(ContainerDefinition container)
    {
        foreach (var mount in container.MountPoints)
        {
            yield return new(mount.SourceVolume!, mount.ContainerPath!, mount.ReadOnly is true);
        }

        foreach (var from in container.VolumesFrom)
        {
            foreach (var mount in MountsOf(Definition.ContainerDefinitions.First(other => other.Name == from.SourceContainer)))
            {
                yield return mount with { ReadOnly = mount.ReadOnly || from.ReadOnly is true };
            }
        }
    }

    /// <summary>Groups that a container's user is put into besides its own: that of an EBS volume.</summary>
    public IReadOnlyList<int> GroupsOf(ContainerDefinition container) =>
        EbsVolume is { } volume && EbsVolumeOwner.IsGroupFor(container.User) && MountsOf(container).Any(mount => mount.Volume == volume.Order.Name)
            ? [EbsVolumeOwner.GroupOf(volume.VolumeId)]
            : [];

    /// <summary>Where containers mount a volume themselves, in start order.</summary>
    public IEnumerable<(ContainerDefinition Container, string Path)> PlacesOf(string volume) =>
        Definition.ContainerDefinitions.SelectMany(container => container.MountPoints
            .Where(mount => mount.SourceVolume == volume)
            .Select(mount => (container, mount.ContainerPath!)));
}
