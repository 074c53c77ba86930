using System.ComponentModel;
using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate.Volumes.AccessPoints;


/// <summary>A folder that is mounted a second time, where whoever asks is one user.</summary>
/// <remarks>
/// The kernel sends each request of the mount here and does not look at the caller's uid itself. A thread that has become the one user does
/// what is asked, so that the kernel's own rules for that user answer: who owns new files, who may read, who may change owners.
/// Needs root, /dev/fuse and Linux 5.8. Why not bindfs: docs/adr/0013-efs-access-points.md.
/// </remarks>
internal sealed class ServedFolder : IDisposable
{
    private const int Threads = 4;

    private readonly string _mountPoint;
    private readonly int _device;
    private readonly ServedNodes _nodes;
    private readonly TaskCompletionSource<bool> _mounted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _serving = Threads;

    private ServedFolder(string mountPoint, int device, int root) => (_mountPoint, _device, _nodes) = (mountPoint, device, new(root));

    /// <summary>Whether this machine lets folders be served.</summary>
    public static bool IsPossible => LinuxCalls.EffectiveUid == 0 && File.Exists("/dev/fuse");

    /// <summary>Mounts a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="mountPoint">An empty folder.</param>
    /// <param name="user">The user that everyone is there.</param>
    /// <exception cref="IOException">It cannot be; holds the kernel's reason.</exception>
    public static async Task<ServedFolder> MountAsync(string folder, string mountPoint, AccessPointUser user)
    {
        var root = Check(FuseCalls.OpenRoot(folder), folder);
        var device = FuseCalls.OpenDevice();
        if (device < 0)
        {
            FuseCalls.Close(root);
            Check(device, "/dev/fuse");
        }

        var served = new ServedFolder(mountPoint, device, root);
        var became = Enumerable.Range(0, Threads).Select(_ => served.StartThread(user)).ToArray();
        try
        {
            await Task.WhenAll(became);
            Check(FuseCalls.Mount(device, mountPoint, folder), $"mount of {folder} at {mountPoint}");
            served._mounted.SetResult(true);
            return served;
        }
        finally
        {
            served._mounted.TrySetResult(false);
        }
    }

    /// <summary>Unmounts it. The last to leave closes what it was served with.</summary>
    /// <exception cref="IOException">It stays mounted.</exception>
    public void Dispose() => Mounts.Unmount(_mountPoint);

    private static int Check(int result, string what) => result < 0 ? throw new IOException($"{what}: {new Win32Exception(-result).Message}") : result;

    // A thread of its own and never one of the pool: it has another user from now on.
    private Task StartThread(AccessPointUser user)
    {
        var became = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                FuseCalls.Become(user);
                became.SetResult();
            }
            catch (IOException e)
            {
                became.SetException(e);
            }

            if (_mounted.Task.GetAwaiter().GetResult())
            {
                new ServedRequests(_device, _nodes).Serve();
            }

            if (Interlocked.Decrement(ref _serving) == 0)
            {
                FuseCalls.Close(_device);
                _nodes.Close();
            }
        })
        {
            IsBackground = true,
            Name = "EFS access point",
        };
        thread.Start();
        return became.Task;
    }
}
