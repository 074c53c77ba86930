using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tidepool.Fargate.Runtimes;

/// <summary>
/// A mount namespace for one thread, and the processes that it starts, with no more than the machine's own file systems in it. bubblewrap
/// reads the whole table of mounts once for each that it makes: among the disks of 200 tasks that took as long again as all else.
/// </summary>
/// <remarks>Needs CAP_SYS_ADMIN and Linux 5.2. Sources: man 7 mount_namespaces, man 2 open_tree, man 2 move_mount.</remarks>
internal static class FewMounts
{
    // Where the programs of this machine are, and what the kernel shows of itself.
    private static readonly string[] OfMachine = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/proc", "/sys", "/dev", "/run"];

    private const int OwnMounts = 0x20000; // CLONE_NEWNS
    private const int CurrentFolder = -100; // AT_FDCWD
    private const nuint PrivateBelow = 0x44000; // MS_REC | MS_PRIVATE
    private const int Detached = 2; // MNT_DETACH
    private const long OpenTree = 428;
    private const long CloneBelow = 0x88001; // OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE
    private const long MoveMount = 429;
    private const long FromDescriptor = 4; // MOVE_MOUNT_F_EMPTY_PATH

    /// <summary>Gives the calling thread such a namespace for as long as it lives.</summary>
    /// <param name="needed">Files and folders that are to stay in reach beside the machine's own programs.</param>
    /// <returns>False where the kernel does not let it: nothing has changed then.</returns>
    public static bool TryEnter(IReadOnlyList<string> needed)
    {
        if (unshare(OwnMounts) != 0)
        {
            return false;
        }

        // What is mounted and unmounted from now on is nobody else's, and nobody waits for this thread to let go of a disk.
        _ = mount(null, "/", null, PrivateBelow, null);
        foreach (var point in Mounts.Under(File.ReadLines("/proc/thread-self/mountinfo"), "").Where(point => !IsNeeded(point, needed)))
        {
            // Fails for what went with the folder around it.
            _ = umount2(point, Detached);
        }

        return true;
    }

    /// <summary>Takes a folder, with all that is mounted in it, to be shown in the namespace. On any thread outside of it.</summary>
    /// <exception cref="IOException">It cannot be; holds the kernel's reason.</exception>
    public static SafeFileHandle Take(string folder)
    {
        var tree = syscall(OpenTree, CurrentFolder, folder, CloneBelow);
        return tree < 0
            ? throw new IOException($"open_tree of {folder}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}")
            : new((nint)tree, ownsHandle: true);
    }

    /// <summary>Shows at its path what was taken. On the namespace's own thread, as <see cref="Hide"/>.</summary>
    /// <exception cref="IOException">It cannot be; holds the kernel's reason.</exception>
    public static void Show(SafeFileHandle taken, string folder)
    {
        if (syscall(MoveMount, (long)taken.DangerousGetHandle(), "", CurrentFolder, folder, FromDescriptor) != 0)
        {
            throw new IOException($"move_mount to {folder}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    /// <summary>Takes away what was shown last at a path. Processes that were started meanwhile keep it.</summary>
    public static void Hide(string folder) => _ = umount2(folder, Detached);

    /// <summary>Whether a mount holds, or is in, something that is needed. Pure.</summary>
    internal static bool IsNeeded(string point, IReadOnlyList<string> needed) => point == "/"
        || OfMachine.Any(folder => point == folder || point.StartsWith($"{folder}/", StringComparison.Ordinal))
        || needed.Any(path => path == point || path.StartsWith($"{point}/", StringComparison.Ordinal));

    [DllImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static extern int unshare(int flags);

    [DllImport("libc", EntryPoint = "mount", SetLastError = true)]
    private static extern int mount(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string? source,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string target,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string? type,
        nuint flags,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string? options);

    [DllImport("libc", EntryPoint = "umount2", SetLastError = true)]
    private static extern int umount2([MarshalAs(UnmanagedType.LPUTF8Str)] string target, int flags);

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static extern long syscall(long number, long folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, long flags);

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static extern long syscall(
        long number, long from, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, long to, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, long flags);
}
