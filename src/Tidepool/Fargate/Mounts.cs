using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Tidepool.Fargate;

/// <summary>File systems that are mounted on this machine.</summary>
internal static class Mounts
{
    private const int DeviceBusy = 16; // EBUSY
    private const int Detach = 2; // MNT_DETACH
    private const int NoFollow = 8; // UMOUNT_NOFOLLOW

    /// <summary>Every mount point in a folder, and the folder where it is one; those inside others first.</summary>
    public static IReadOnlyList<string> Under(string folder) => Under(File.ReadLines("/proc/self/mountinfo"), Resolve(folder));

    /// <summary>The same of the lines of a <c>mountinfo</c>. Pure.</summary>
    /// <remarks>Source: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html</remarks>
    public static IReadOnlyList<string> Under(IEnumerable<string> mountInfo, string folder) =>
    [
        .. mountInfo
            .Select(line => Unescaped(line.Split(' ')[4]))
            .Where(point => point == folder || point.StartsWith($"{folder}/", StringComparison.Ordinal))
            .Reverse(),
    ];

    /// <summary>Unmounts all that is mounted in a folder.</summary>
    /// <exception cref="IOException">Something stays mounted: nothing under the folder may be removed then.</exception>
    public static void UnmountUnder(string folder)
    {
        foreach (var point in Under(folder))
        {
            Unmount(point);
        }
    }

    /// <summary>Unmounts what is mounted at a folder. Who still has a file of it open keeps that file, and the folder is free all the same.</summary>
    /// <exception cref="IOException">It stays mounted.</exception>
    public static void Unmount(string folder)
    {
        if (umount2(folder, NoFollow) != 0
            && (Marshal.GetLastPInvokeError() != DeviceBusy || umount2(folder, NoFollow | Detach) != 0))
        {
            throw new IOException($"unmount of {folder}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    // The kernel shows paths without symbolic links.
    private static string Resolve(string folder)
    {
        var resolved = realpath(folder, 0);
        try
        {
            return Marshal.PtrToStringUTF8(resolved) ?? Path.GetFullPath(folder);
        }
        finally
        {
            free(resolved);
        }
    }

    // The kernel writes some characters as a backslash and three octal digits. Not a regular expression: its library is not loaded otherwise.
    private static string Unescaped(string field)
    {
        var parts = field.Split('\\');
        return string.Concat(parts.Skip(1).Select(part => $"{(char)Convert.ToInt32(part[..3], 8)}{part[3..]}").Prepend(parts[0]));
    }

    [DllImport("libc", EntryPoint = "umount2", SetLastError = true)]
    private static extern int umount2([MarshalAs(UnmanagedType.LPUTF8Str)] string target, int flags);

    [DllImport("libc", EntryPoint = "realpath")]
    private static extern nint realpath([MarshalAs(UnmanagedType.LPUTF8Str)] string path, nint buffer);

    [DllImport("libc", EntryPoint = "free")]
    private static extern void free(nint memory);
}
