using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tidepool.Fargate.Runtimes;

/// <summary>The calls to the C library about disks and sparse files that .NET has no API for.</summary>
internal static class DiskCalls
{
    private const int NoSpace = 28; // ENOSPC
    private const int SeekData = 3; // SEEK_DATA
    private const int SeekHole = 4; // SEEK_HOLE
    private const nuint TrimFree = 0xC0185879; // FITRIM
    private const nuint ShutDown = 0x8004587D; // EXT4_IOC_SHUTDOWN
    private const uint WithoutWriting = 2; // EXT4_GOING_FLAGS_NOLOGFLUSH

    /// <summary>The parts of a sparse file that are no holes.</summary>
    public static IEnumerable<(long Offset, int Length)> DataOf(SafeFileHandle file)
    {
        for (long end = 0, start; (start = lseek(file, end, SeekData)) >= 0;)
        {
            end = lseek(file, start, SeekHole);
            yield return (start, checked((int)(end - start)));
        }
    }

    /// <summary>Gives a part of a file its space; false when the file system has not that much.</summary>
    /// <exception cref="IOException">It cannot for another reason; holds it.</exception>
    public static bool TryAllocate(SafeFileHandle file, long offset, long length)
    {
        if (fallocate(file, 0, offset, length) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == NoSpace ? false : throw new IOException($"fallocate: {new Win32Exception(error).Message}");
    }

    /// <summary>Tells the disk below a mounted file system what is free, so that a sparse file gives it back. man 8 fstrim.</summary>
    public static void Trim(SafeFileHandle folder)
    {
        // A file system that cannot says so; nothing is lost then but room.
        ulong[] whole = [0, ulong.MaxValue, 0];
        _ = ioctl(folder, TrimFree, whole);
    }

    /// <summary>Ends a mounted ext4 without writing what is still in memory: what is on it is not wanted any more.</summary>
    public static void Abandon(SafeFileHandle folder)
    {
        // Otherwise the unmounting takes seconds for each GiB that was written last; it works all the same.
        uint[] flags = [WithoutWriting];
        _ = ioctl(folder, ShutDown, flags);
    }

    /// <summary>Opens a folder for the calls above.</summary>
    /// <exception cref="IOException">It is not there; holds the reason.</exception>
    public static SafeFileHandle OpenFolder(string path)
    {
        var folder = open(path, OpenFlags);
        return folder.IsInvalid ? throw new IOException($"open {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}") : folder;
    }

    // O_DIRECTORY differs on ARM; O_RDONLY | O_CLOEXEC opens folders as well.
    private const int OpenFlags = 0x80000;

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern SafeFileHandle open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "lseek")]
    private static extern long lseek(SafeFileHandle file, long offset, int from);

    [DllImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static extern int fallocate(SafeFileHandle file, int mode, long offset, long length);

    [DllImport("libc", EntryPoint = "ioctl")]
    private static extern int ioctl(SafeFileHandle folder, nuint request, ulong[] argument);

    [DllImport("libc", EntryPoint = "ioctl")]
    private static extern int ioctl(SafeFileHandle folder, nuint request, uint[] argument);
}
