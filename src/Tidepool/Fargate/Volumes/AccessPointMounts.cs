using Tidepool.Fargate.Volumes.AccessPoints;

namespace Tidepool.Fargate.Volumes;

/// <summary>The access points that tasks of this environment use: each mounted once, from its first task to its last.</summary>
/// <param name="environmentFolder">Where their mount points are, so that a sweep of the environment finds them.</param>
internal sealed class AccessPointMounts(string environmentFolder)
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, (ServedFolder Served, int Users)> _mounts = [];

    /// <summary>The folder where an access point is mounted; to be released.</summary>
    /// <param name="id">The access point.</param>
    /// <param name="folder">What it shows.</param>
    /// <param name="user">Whom it makes of everyone.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="IOException">It cannot be mounted; holds the kernel's reason.</exception>
    public async Task<string> TakeAsync(string id, string folder, AccessPointUser user, CancellationToken ct)
    {
        var point = PointOf(id);
        await _turn.WaitAsync(ct);
        try
        {
            if (_mounts.TryGetValue(id, out var mount))
            {
                _mounts[id] = mount with { Users = mount.Users + 1 };
            }
            else
            {
                Directory.CreateDirectory(point);
                _mounts[id] = (await ServedFolder.MountAsync(folder, point, user), 1);
            }

            return point;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Lets go of an access point; with its last task it is unmounted.</summary>
    /// <exception cref="IOException">It stays mounted.</exception>
    public async Task ReleaseAsync(string id, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            var mount = _mounts[id];
            if (mount.Users > 1)
            {
                _mounts[id] = mount with { Users = mount.Users - 1 };
                return;
            }

            _mounts.Remove(id);
            mount.Served.Dispose();
            Directory.Delete(PointOf(id));
        }
        finally
        {
            _turn.Release();
        }
    }

    private string PointOf(string id) => Path.Combine(environmentFolder, "access-points", id);
}
