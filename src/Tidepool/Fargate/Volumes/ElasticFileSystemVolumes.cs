using System.Collections.Concurrent;
using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Runtimes.Engine;
using Tidepool.Fargate.Volumes.AccessPoints;
using Tidepool.Storage;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Volumes;

/// <summary>EFS volumes: a file system's own folder with everyone's real uid, or an access point of it where everyone is its user.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html</remarks>
internal sealed class ElasticFileSystemVolumes(
    FargateOptions options, ElasticFileSystems fileSystems, ElasticFileSystemDirectory directory, IContainerRuntime runtime, NoticeBoard notices) : IVolumeKind
{
    private readonly FileOwnership _ownership = new(runtime.Owners);
    private readonly AccessPointMounts _mounts = new(options.EnvironmentFolder);
    private readonly ConcurrentDictionary<AttachedVolume, (IDisposable Use, string? Mount)> _attached = new();

    public IReadOnlyList<string> NotExercised => ServedFolder.IsPossible || !runtime.Owners.Enforced
        ? []
        : ["EFS access points: a file keeps the owner that its writer is; only as root, with /dev/fuse, is it the access point's."];

    public bool Has(TaskVolume volume) => volume.EfsVolumeConfiguration is not null;

    public async Task<AttachedVolume> AttachAsync(TaskVolume volume, RuntimeTask task, CancellationToken ct)
    {
        var efs = volume.EfsVolumeConfiguration!;
        var fileSystem = await FileSystemAsync(efs.FileSystemId.Split('/')[^1], ct);
        var accessPoint = efs.AuthorizationConfig?.AccessPointId?.Split('/')[^1] is { } id
            ? await directory.AccessPointAsync(fileSystem, id, ct) ?? throw new TaskStartException(ElasticFileSystemReasons.Denied())
            : null;
        var use = await fileSystems.UseAsync(fileSystem, _ownership, ct);
        string? mount = null;
        try
        {
            var folder = accessPoint is null
                ? RootDirectory.Find(fileSystems.DataOf(fileSystem.Id), efs.RootDirectory ?? "/")
                    ?? throw new TaskStartException(ElasticFileSystemReasons.NoFolder(
                        fileSystem.Id, options.Region, efs.RootDirectory!, efs.TransitEncryption is "ENABLED"))
                : await FolderOfAsync(accessPoint, ct);
            if (accessPoint?.User is { } user)
            {
                if (ServedFolder.IsPossible)
                {
                    folder = await _mounts.TakeAsync(accessPoint.Id, folder, user, ct);
                    mount = accessPoint.Id;
                    CheckIsSeen(folder);
                }
                else if (runtime.Owners.Enforced)
                {
                    CheckUsers(volume, task, accessPoint.Id, user);
                }
            }

            var attached = new AttachedVolume(this, volume, task.TaskArn, folder);
            _attached[attached] = (use, mount);
            return attached;
        }
        catch
        {
            await LetGoAsync(use, mount);
            throw;
        }
    }

    public async Task DetachAsync(AttachedVolume volume, CancellationToken ct)
    {
        if (_attached.TryRemove(volume, out var held))
        {
            await LetGoAsync(held.Use, held.Mount);
        }
    }

    /// <summary>Removes the files of a file system that its emulator has deleted: on AWS they would be gone. Where tasks still use it they stay.</summary>
    public async Task DeletedAsync(string fileSystemId, CancellationToken ct)
    {
        if (fileSystems.Find(fileSystemId) is { IsLocal: false })
        {
            try
            {
                await fileSystems.RemoveAsync(fileSystemId, ct);
            }
            catch (ProblemException e)
            {
                notices.Report($"STORAGE_LEFT:{fileSystemId}", e.Message);
            }
        }
    }

    private async Task<ElasticFileSystem> FileSystemAsync(string id, CancellationToken ct)
    {
        if (ElasticFileSystems.IsFileSystemId(id) && await directory.FileSystemAsync(id, ct) is { } found)
        {
            return found;
        }

        notices.Report(
            $"EFS_MISSING:{id}",
            $"There is no EFS file system {id} with a mount target. Name an emulator that has it with --upstream, "
            + "or make one with: tidepool storage create-file-system");
        throw new TaskStartException(ElasticFileSystemReasons.Unresolved(id, options.Region));
    }

    private async Task<string> FolderOfAsync(AccessPoint accessPoint, CancellationToken ct)
    {
        var data = fileSystems.DataOf(accessPoint.FileSystemId);
        if (RootDirectory.Find(data, accessPoint.Path) is { } there)
        {
            return there;
        }

        var creation = accessPoint.Creation ?? throw new TaskStartException(ElasticFileSystemReasons.Denied());
        var owner = new DirectoryOwner((int)creation.OwnerUid, (int)creation.OwnerGid, creation.Permissions);
        foreach (var missing in RootDirectory.Missing(data, accessPoint.Path) ?? throw new TaskStartException(ElasticFileSystemReasons.Denied()))
        {
            // That those above the last one are made the same way is inferred.
            Directory.CreateDirectory(missing);
            await _ownership.GiveAsync(missing, owner, ct);
        }

        return Path.Combine(data, accessPoint.Path.TrimStart('/'));
    }

    // Otherwise containers would write beside the file system, in the folder that it is mounted at, and nobody would know.
    private void CheckIsSeen(string mountPoint)
    {
        if (options.Engine is { } socket && !EngineMounts.See(socket, mountPoint))
        {
            throw new IOException(
                $"the container engine at {socket} does not see what is mounted at {mountPoint}: it is in another mount namespace, where no mounts of this one arrive");
        }
    }

    // What other users write would belong to others than on AWS, and work or fail where it does not there.
    private static void CheckUsers(TaskVolume volume, RuntimeTask task, string accessPointId, AccessPointUser user)
    {
        foreach (var container in task.PlacesOf(volume.Name).Select(place => place.Container).Distinct())
        {
            if (ImageDescription.Find(container.Image)?.UserOf(container.User) is { } known && ((uint)known.Uid, (uint)known.Gid) != (user.Uid, user.Gid))
            {
                throw new TaskStartException(
                    $"ResourceInitializationError: the access point {accessPointId} makes every user {user.Uid}:{user.Gid}, which takes root and /dev/fuse on "
                    + $"this machine, and container {container.Name} runs as {known.Uid}:{known.Gid}. Run tidepool as root, or give the container that user.");
            }
        }
    }

    private async Task LetGoAsync(IDisposable use, string? mount)
    {
        try
        {
            if (mount is not null)
            {
                await _mounts.ReleaseAsync(mount, CancellationToken.None);
            }
        }
        finally
        {
            use.Dispose();
        }
    }
}
