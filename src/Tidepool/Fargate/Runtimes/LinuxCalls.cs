using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tidepool.Fargate.Runtimes;

/// <summary>What a directory is to the kernel.</summary>
internal sealed record FileFacts(string Device, ulong Inode, DateTimeOffset? BornAt, uint Uid, uint Gid, UnixFileMode Mode);

/// <summary>The few calls to the C library that .NET has no API for.</summary>
internal static class LinuxCalls
{
    public const int SigKill = 9;
    public const int SigTerm = 15;

    private const int SetDescriptorFlags = 2; // F_SETFD
    private const int CloseOnExec = 1; // FD_CLOEXEC
    private const int CurrentFolder = -100; // AT_FDCWD
    private const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const uint BasicAndBirth = 0xfff; // STATX_BASIC_STATS | STATX_BTIME
    private const uint BirthTime = 0x800; // STATX_BTIME
    private const int BytesOfSector = 512; // as stat counts, whatever the disk
    private const int OpenFolder = 0x90000; // O_DIRECTORY | O_CLOEXEC
    private const nuint GetFileFlags = 0x80086601; // FS_IOC_GETFLAGS
    private const nuint SetFileFlags = 0x40086602; // FS_IOC_SETFLAGS
    private const nuint GetOwningUserNamespace = 0xb701; // NS_GET_USERNS
    private const long TopOfTree = 0x20000; // FS_TOPDIR_FL
    private const int ClockIsNotSynchronized = 5; // TIME_ERROR

    /// <summary>The effective user id.</summary>
    public static uint EffectiveUid => geteuid();

    /// <summary>Sends a signal; false when there is no such process any more.</summary>
    public static bool Signal(int pid, int signal) => kill(pid, signal) == 0;

    /// <summary>Changes owner and group of a file, not following a link.</summary>
    public static void Chown(string path, int uid, int gid)
    {
        if (lchown(path, (uint)uid, (uint)gid) != 0)
        {
            throw new IOException($"chown {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    /// <summary>Changes the permissions of a file, whatever the umask says.</summary>
    public static void Chmod(string path, UnixFileMode mode)
    {
        if (chmod(path, (uint)mode) != 0)
        {
            throw new IOException($"chmod {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    /// <summary>What an open file takes on its disk, in bytes.</summary>
    public static long AllocatedBytes(SafeFileHandle file) =>
        BinaryPrimitives.ReadInt64LittleEndian(Stat($"/proc/self/fd/{file.DangerousGetHandle()}", follow: true).AsSpan(48)) * BytesOfSector;

    /// <summary>Device, inode, birth and owner of a path.</summary>
    public static FileFacts Describe(string path, bool follow = false)
    {
        var buffer = Stat(path, follow);

        // The layout of struct statx is the same on every architecture: man 2 statx.
        uint UInt32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(at));
        var hasBirth = (UInt32(0) & BirthTime) != 0;
        return new(
            $"{UInt32(136)}:{UInt32(140)}",
            BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(32)),
            hasBirth
                ? DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(80))).AddTicks(UInt32(88) / 100)
                : null,
            UInt32(20),
            UInt32(24),
            (UnixFileMode)(BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(28)) & 0xfff));
    }

    /// <summary>What a file takes of its disk, holes left out.</summary>
    public static long TakenBytes(string path)
    {
        var buffer = new byte[256];
        if (statx(CurrentFolder, path, NoFollow, BasicAndBirth, buffer) != 0)
        {
            throw new IOException($"statx {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }

        return BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(48)) * 512; // stx_blocks
    }

    /// <summary>
    /// Tells the file system that what lies in different subfolders has nothing to do with each other, as <c>chattr +T</c> does. ext4
    /// then gives each subfolder a part of the disk with room instead of searching a full one for every new file, which
    /// can take a millisecond a file. Elsewhere it has no effect.
    /// </summary>
    public static void SpreadSubfolders(string path)
    {
        var folder = open(path, OpenFolder);
        if (folder < 0)
        {
            return;
        }

        var flags = 0L;
        if (ioctl(folder, GetFileFlags, ref flags) == 0 && (flags & TopOfTree) == 0)
        {
            flags |= TopOfTree;
            _ = ioctl(folder, SetFileFlags, ref flags);
        }

        _ = close(folder);
    }

    /// <summary>The largest error of this machine's clock; null when nobody keeps it synchronized.</summary>
    public static TimeSpan? ClockErrorBound()
    {
        // struct timex of 64-bit Linux, all zero: nothing is changed.
        var buffer = new byte[256];
        return adjtimex(buffer) is >= 0 and not ClockIsNotSynchronized
            ? TimeSpan.FromMicroseconds(BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(24)))
            : null;
    }

    /// <summary>Opens the user namespace that another namespace belongs to.</summary>
    /// <param name="path">The namespace, as in <c>/proc/1/ns/mnt</c>.</param>
    /// <exception cref="IOException">It is gone, or not this user's.</exception>
    /// <remarks>Source: man 2 ioctl_ns</remarks>
    public static SafeFileHandle OpenOwnerOfNamespace(string path)
    {
        using var inner = File.OpenHandle(path);
        var unused = 0L;
        var owner = ioctl((int)inner.DangerousGetHandle(), GetOwningUserNamespace, ref unused);
        return owner < 0
            ? throw new IOException($"user namespace of {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}")
            : new SafeFileHandle(owner, ownsHandle: true);
    }

    /// <summary>Keeps descriptors that this process was started with out of the processes that it starts.</summary>
    public static void CloseDescriptorsOnExec()
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            if (int.TryParse(Path.GetFileName(entry), out var descriptor) && descriptor > 2)
            {
                // Fails only for the descriptor of this very listing, which is closed by now.
                _ = fcntl(descriptor, SetDescriptorFlags, CloseOnExec);
            }
        }
    }

    private static byte[] Stat(string path, bool follow)
    {
        var buffer = new byte[256];
        return statx(CurrentFolder, path, follow ? 0 : NoFollow, BasicAndBirth, buffer) == 0
            ? buffer
            : throw new IOException($"statx {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    [DllImport("libc", EntryPoint = "geteuid")]
    private static extern uint geteuid();

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int kill(int pid, int signal);

    [DllImport("libc", EntryPoint = "lchown", SetLastError = true)]
    private static extern int lchown([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint uid, uint gid);

    [DllImport("libc", EntryPoint = "chmod", SetLastError = true)]
    private static extern int chmod([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);

    [DllImport("libc", EntryPoint = "adjtimex")]
    private static extern int adjtimex(byte[] buffer);

    [DllImport("libc", EntryPoint = "fcntl")]
    private static extern int fcntl(int descriptor, int command, int argument);

    [DllImport("libc", EntryPoint = "open")]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int close(int descriptor);

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static extern int ioctl(int descriptor, nuint request, ref long flags);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static extern int statx(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, byte[] buffer);
}
