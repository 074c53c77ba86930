using Tidepool.Fargate.Volumes;
using Tidepool.Storage.Probes;
using Tidepool.Tasks;

namespace Tidepool.Rehearsal;

/// <summary>EBS volumes, snapshots and EFS file systems of a local environment, for probes.</summary>
/// <param name="ebs">Volumes and snapshots.</param>
/// <param name="efs">File systems.</param>
public sealed class LocalProbeVolumes(EbsStorage ebs, ElasticFileSystems efs) : IProbeVolumes
{
    // None that a container of a probe has.
    private static readonly AccessPointUser User = new(1234, 1234, []);
    private const UnixFileMode Permissions = (UnixFileMode)0x1ed; // 0755

    public Task<string> StateAsync(string volumeId, CancellationToken ct) =>
        Task.FromResult(ebs.Volumes().FirstOrDefault(volume => volume.Volume.VolumeId == volumeId) switch
        {
            null => "deleted",
            { IsAttached: true } => "in-use",
            _ => "available",
        });

    public async Task<string> SnapshotAsync(string volumeId, string owner, Action<string> made, CancellationToken ct)
    {
        var snapshot = await ebs.SnapshotAsync(volumeId, owner, copied: null, ct);
        made(snapshot.SnapshotId);
        return snapshot.SnapshotId;
    }

    public Task RemoveAsync(string id, CancellationToken ct) => ebs.RemoveAsync([id], ct);

    /// <summary>That of an environment which has no other than its own folder.</summary>
    public static LocalProbeVolumes Of(string environmentFolder) =>
        new(new(environmentFolder, "", TimeProvider.System), new(Path.Combine(environmentFolder, "storage"), TimeProvider.System));

    /// <summary>Makes a file system with an access point, for the time of <paramref name="use"/>.</summary>
    public async Task<T> WithFileSystemAsync<T>(string name, Func<EfsVolume, Task<T>> use)
    {
        var fileSystem = efs.CreateFileSystem(name);
        try
        {
            var point = efs.CreateAccessPoint(fileSystem.Id, "/probes", User, new(User.Uid, User.Gid, Permissions));
            return await use(ProbeSetting.FileSystemOf(fileSystem.Id, point.Id));
        }
        finally
        {
            await efs.RemoveAsync(fileSystem.Id, CancellationToken.None);
        }
    }
}
