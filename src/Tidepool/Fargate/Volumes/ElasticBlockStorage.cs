using System.Collections.Concurrent;
using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Runtimes.Engine;
using Tidepool.Storage;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Volumes;

/// <summary>EBS volumes: one for each task, new or from a snapshot; a disk of its size, or where there is none a folder.</summary>
/// <param name="options">Where volumes and snapshots are.</param>
/// <param name="images">Makes disks.</param>
/// <param name="folders">Makes folders with owners where there are no disks; null with a container engine.</param>
/// <param name="clock">Clock of the volumes' documents.</param>
internal sealed class ElasticBlockStorage(FargateOptions options, DiskImages images, SandboxFolders? folders, TimeProvider clock) : IVolumeKind
{
    private const long BytesOfGiB = 1024L * 1024 * 1024;

    // ext4 holds no file of 16 TiB; a disk is this much shorter than its size.
    private const long Shortness = 1024 * 1024;

    private readonly EbsStore _own = new(options.EnvironmentFolder);
    private readonly EbsStore _lasting = new(options.StorageFolder ?? options.EnvironmentFolder);
    private readonly ConcurrentDictionary<string, EbsVolume> _attached = new();

    /// <summary>What of EBS volumes is not as on Fargate, one sentence each.</summary>
    public IReadOnlyList<string> NotExercised =>
    [
        images.Obstacle is null ? "EBS volumes: IOPS, throughput and encryption are not exercised."
            : folders is null ? $"EBS volumes: there are none, as {images.Obstacle}."
            : $"EBS volumes: they are folders, whose size and file system are not enforced, as {images.Obstacle}; IOPS, throughput and encryption are not exercised.",
    ];

    public bool Has(TaskVolume volume) => volume.ConfiguredAtLaunch is true;

    /// <summary>What of a definition cannot be on this machine.</summary>
    public IEnumerable<Problem> Refusals(RegisterTaskDefinitionRequest request) => images.Obstacle is null || folders is not null
        ? []
        : request.Volumes.Where(Has).Select(volume => new Problem(
            "EBS001",
            $"volumes[{volume.Name}] is an EBS volume, and with a container engine those are disks: {images.Obstacle}.",
            "Run Tidepool as root, or take --runtime sandbox."));

    /// <summary>A snapshot by its id; null when there is none.</summary>
    public EbsSnapshot? Snapshot(string snapshotId) => _lasting.Snapshot(snapshotId);

    /// <summary>Removes what was being made by processes that are gone.</summary>
    public Task SweepAsync(CancellationToken ct) => _lasting.SweepAsync(ct);

    public async Task<AttachedVolume> AttachAsync(TaskVolume volume, RuntimeTask task, CancellationToken ct)
    {
        var (volumeId, order) = (task.EbsVolume!.VolumeId, task.EbsVolume.Order);
        var source = SourceOf(order);
        var made = new EbsVolume
        {
            VolumeId = volumeId,
            SizeGiB = order.Configuration.SizeInGiB ?? source!.SizeGiB,
            FileSystem = DiskImage.NameOf(order.FileSystem),
            IsDisk = images.Obstacle is null,
            VolumeType = order.Configuration.VolumeType ?? EbsVolumeType.Default,
            SnapshotId = source?.SnapshotId,
            TaskArn = task.TaskArn,
            DeleteOnTermination = order.IsDeletedWithTask,
            CreatedAt = clock.GetUtcNow(),
            Environment = options.EnvironmentFolder,
            Tags = order.Tags,
        };
        var owner = EbsVolumeOwner.Of(
            volumeId,
            task.Definition.ContainerDefinitions
                .Where(container => task.MountsOf(container).Any(mount => mount.Volume == volume.Name))
                .Select(container => container.User));
        await StoreOf(made).AddAsync(made, place => FillAsync(made, place, source, ct));
        _attached[task.TaskArn] = made;
        var attached = new AttachedVolume(this, volume, task.TaskArn, ContentOf(made));
        var isReady = false;
        try
        {
            if (made.IsDisk)
            {
                await MountAsync(made, owner, source, ct);
            }
            else
            {
                await folders!.MakeAsync([new(attached.Folder, owner)], ct);
            }

            isReady = true;
            return attached;
        }
        finally
        {
            if (!isReady)
            {
                await RemoveAsync(made, CancellationToken.None);
            }
        }
    }

    public async Task DetachAsync(AttachedVolume volume, CancellationToken ct)
    {
        var attached = _attached[volume.TaskArn];
        if (attached.DeleteOnTermination)
        {
            await RemoveAsync(attached, ct);
            return;
        }

        Unmount(attached);
        _lasting.Write(attached with { Environment = null });
        _attached.TryRemove(volume.TaskArn, out _);
    }

    private EbsStore StoreOf(EbsVolume volume) => volume.DeleteOnTermination ? _own : _lasting;

    private string MountPointOf(EbsVolume volume) => EbsStore.MountPointOf(options.EnvironmentFolder, volume.VolumeId);

    private string ContentOf(EbsVolume volume) => volume.IsDisk
        ? MountPointOf(volume)
        : EbsStore.ContentOf(StoreOf(volume).FolderOfVolume(volume.VolumeId), isDisk: false);

    private EbsSnapshot? SourceOf(EbsVolumeOrder order)
    {
        if (order.Configuration.SnapshotId is not { } snapshotId)
        {
            return null;
        }

        // Inferred: the frame of an example of AWS, around EC2's words.
        var source = Snapshot(snapshotId) ?? throw new TaskStartException(
            $"ECS failed to set up the EBS volume. Encountered InvalidSnapshot.NotFound\"; \"The snapshot '{snapshotId}' does not exist.\"");
        if (source.FileSystem != DiskImage.NameOf(order.FileSystem))
        {
            // The text that AWS states for it, which there comes after minutes.
            // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-ebs-volumes-scenarios.html
            throw new TaskStartException("ECS timed out while configuring the EBS volume attachment to your Task.");
        }

        return source.IsDisk == images.Obstacle is null
            ? source
            : throw new IOException(source.IsDisk
                ? $"snapshot {snapshotId} is a disk, and there are none here: {images.Obstacle}"
                : $"snapshot {snapshotId} is a folder, of a time when there were no disks here");
    }

    private async Task FillAsync(EbsVolume volume, string place, EbsSnapshot? source, CancellationToken ct)
    {
        var content = EbsStore.ContentOf(place, volume.IsDisk);
        var from = source is null ? null : EbsStore.ContentOf(_lasting.FolderOfSnapshot(source.SnapshotId), source.IsDisk);
        if (!volume.IsDisk)
        {
            Directory.CreateDirectory(content);
            await (from is null ? Task.CompletedTask : FolderCopy.RunAsync(from, content, ct));
            return;
        }

        var bytes = (volume.SizeGiB * BytesOfGiB) - Shortness;
        if (from is null)
        {
            await images.MakeAsync(content, bytes, Enum.Parse<DiskFileSystem>(volume.FileSystem, ignoreCase: true), ct);
            return;
        }

        await SparseCopy.RunAsync(from, content, null, ct);
        using var disk = File.OpenWrite(content);
        disk.SetLength(bytes);
    }

    private async Task MountAsync(EbsVolume volume, DirectoryOwner owner, EbsSnapshot? source, CancellationToken ct)
    {
        var point = MountPointOf(volume);
        var image = new DiskImage(
            EbsStore.ContentOf(StoreOf(volume).FolderOfVolume(volume.VolumeId), isDisk: true), Enum.Parse<DiskFileSystem>(volume.FileSystem, ignoreCase: true));
        if (volume.SizeGiB > source?.SizeGiB)
        {
            await image.MountGrownAsync(point, ct);
        }
        else
        {
            image.Mount(point);
        }

        if (options.Engine is { } socket && !EngineMounts.See(socket, point))
        {
            throw new IOException(
                $"the container engine at {socket} does not see what is mounted at {point}: it is in another mount namespace, where no mounts of this one arrive");
        }

        if (owner != BindVolume.Default)
        {
            LinuxCalls.Chown(point, owner.Uid, owner.Gid);
            LinuxCalls.Chmod(point, owner.Mode);
        }
    }

    private void Unmount(EbsVolume volume)
    {
        if (volume.IsDisk && Directory.Exists(MountPointOf(volume)))
        {
            DiskImage.Unmount(MountPointOf(volume));
        }
    }

    private async Task RemoveAsync(EbsVolume volume, CancellationToken ct)
    {
        if (volume.IsDisk)
        {
            // Whatever became of the mount.
            await TreeRemoval.RemoveAsync(MountPointOf(volume), ct);
        }

        await TreeRemoval.RemoveAsync(StoreOf(volume).FolderOfVolume(volume.VolumeId), ct);
        _attached.TryRemove(volume.TaskArn, out _);
    }
}
