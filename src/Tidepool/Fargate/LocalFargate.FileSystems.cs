using Tidepool.Fargate.Volumes;

namespace Tidepool.Fargate;

// EFS file systems of the emulator behind this one.
public sealed partial class LocalFargate
{
    /// <summary>Removes what is here of a file system that its emulator has deleted.</summary>
    internal async Task RemoveFileSystemAsync(string id, CancellationToken ct)
    {
        foreach (var kind in _parts.VolumeKinds.OfType<ElasticFileSystemVolumes>())
        {
            await kind.DeletedAsync(id, ct);
        }
    }
}
