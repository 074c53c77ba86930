using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Tidepool.Fargate.Volumes.AccessPoints;

/// <summary>
/// Calls to the kernel by descriptors and names of bytes, as the one user that a thread has become. Results below 0 are errors, as the
/// kernel numbers them; a name ends with a zero byte.
/// </summary>
internal static class FuseCalls
{
    public const int Denied = 1; // EPERM
    public const int NoSuchFile = 2; // ENOENT
    public const int Interrupted = 4; // EINTR
    public const int TryAgain = 11; // EAGAIN
    public const int NotSupported = 38; // ENOSYS
    public const int Stale = 116; // ESTALE

    private const int CurrentFolder = -100; // AT_FDCWD
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    private const int FollowLink = 0x400; // AT_SYMLINK_FOLLOW
    private const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const int EffectiveIds = 0x200; // AT_EACCESS
    private const int OwnFolders = 0x200; // CLONE_FS
    private const int CloseOnExec = 0x80000; // O_CLOEXEC
    private const int Create = 0x40; // O_CREAT
    private const int PathOnly = 0x200000; // O_PATH
    private const ulong OnlyBelow = 0x0e; // RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS
    private const long OpenAt2 = 437;
    private const long AccessAt2 = 439;

    // These two differ between processors.
    private static readonly int NoFollowFlag = IsArm ? 0x8000 : 0x20000; // O_NOFOLLOW
    private static readonly long SetGroups = IsArm ? 159 : 116;

    public static int LastError => Marshal.GetLastPInvokeError();

    private static ReadOnlySpan<byte> NoName => [0];

    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64;

    /// <summary>Makes the calling thread, and none but it, a user to the kernel's file systems, without root's rights over files and without a umask.</summary>
    /// <exception cref="IOException">It cannot be; holds the kernel's reason.</exception>
    public static void Become(AccessPointUser user)
    {
        var groups = user.SecondaryGids.DefaultIfEmpty(user.Gid).ToArray();
        if (unshare(OwnFolders) != 0 || syscall(SetGroups, groups.Length, groups) != 0)
        {
            throw new IOException($"the user {user.Uid}:{user.Gid} cannot be taken: {new System.ComponentModel.Win32Exception(LastError).Message}");
        }

        _ = umask(0);

        // Both answer what was before, whatever comes of it.
        _ = setfsgid(user.Gid);
        _ = setfsuid(user.Uid);
    }

    public static int OpenDevice() => Result(open("/dev/fuse", CloseOnExec | 2));

    /// <summary>A folder of this machine, as what other calls go out from.</summary>
    public static int OpenRoot(string path) => Result(open(path, CloseOnExec | PathOnly | NoFollowFlag));

    /// <summary>Opens what is below a folder, through no link.</summary>
    public static int OpenBelow(int folder, ReadOnlySpan<byte> path, int flags) => Open(folder, path, flags, 0);

    /// <summary>Opens something, link or not, only to look at it and to name it.</summary>
    public static int OpenPath(int folder, ReadOnlySpan<byte> path) => Open(folder, path, PathOnly | NoFollowFlag, 0);

    public static int CreateFile(int folder, ReadOnlySpan<byte> name, int flags, uint mode) => Open(folder, name, flags | Create, mode & 0xfff);

    /// <summary>Opens what a descriptor stands for.</summary>
    public static int Reopen(int descriptor, int flags) => Result(open($"/proc/self/fd/{descriptor}", flags | CloseOnExec));

    /// <summary>Fills the kernel's <c>struct statx</c>.</summary>
    public static int Describe(int descriptor, Span<byte> facts) => Describe(descriptor, NoName, facts);

    public static int Describe(int folder, ReadOnlySpan<byte> name, Span<byte> facts) =>
        Result(statx(folder, in First(name), EmptyPath | NoFollow, 0xfff, ref MemoryMarshal.GetReference(facts)));

    public static int MakeFolder(int folder, ReadOnlySpan<byte> name, uint mode) => Result(mkdirat(folder, in First(name), mode & 0xfff));

    public static int MakeNode(int folder, ReadOnlySpan<byte> name, uint mode) => Result(mknodat(folder, in First(name), mode, 0));

    public static int Link(ReadOnlySpan<byte> target, int folder, ReadOnlySpan<byte> name) => Result(symlinkat(in First(target), folder, in First(name)));

    public static int HardLink(int descriptor, int folder, ReadOnlySpan<byte> name) =>
        Result(linkat(CurrentFolder, $"/proc/self/fd/{descriptor}", folder, in First(name), FollowLink));

    public static int ReadLink(int descriptor, Span<byte> target) =>
        (int)Result(readlinkat(descriptor, in First(NoName), ref MemoryMarshal.GetReference(target), (nuint)target.Length));

    public static int Unlink(int folder, ReadOnlySpan<byte> name, bool isFolder) => Result(unlinkat(folder, in First(name), isFolder ? 0x200 : 0)); // AT_REMOVEDIR

    public static int Rename(int from, ReadOnlySpan<byte> name, int to, ReadOnlySpan<byte> newName, uint flags) =>
        Result(renameat2(from, in First(name), to, in First(newName), flags));

    public static int ChangeMode(int descriptor, uint mode) => Result(chmod($"/proc/self/fd/{descriptor}", mode & 0xfff));

    public static int ChangeOwner(int descriptor, uint uid, uint gid) => Result(fchownat(descriptor, in First(NoName), uid, gid, EmptyPath));

    public static int Truncate(int descriptor, long size) => Result(truncate($"/proc/self/fd/{descriptor}", size));

    public static int TruncateOpen(int descriptor, long size) => Result(ftruncate(descriptor, size));

    /// <summary>Sets access and change time: seconds and nanoseconds of each, the latter also "now" and "as it is".</summary>
    public static int ChangeTimes(int descriptor, long[] times) => Result(utimensat(descriptor, in First(NoName), times, EmptyPath));

    public static int MayAccess(int descriptor, uint mask) => (int)Result((nint)syscall(AccessAt2, descriptor, in First(NoName), (int)mask, EmptyPath | EffectiveIds));

    public static int Read(int descriptor, Span<byte> bytes) => (int)Result(read(descriptor, ref MemoryMarshal.GetReference(bytes), (nuint)bytes.Length));

    public static int Write(int descriptor, ReadOnlySpan<byte> bytes) => (int)Result(write(descriptor, in First(bytes), (nuint)bytes.Length));

    public static int Read(int descriptor, Span<byte> bytes, long offset) =>
        (int)Result(pread(descriptor, ref MemoryMarshal.GetReference(bytes), (nuint)bytes.Length, offset));

    public static int Write(int descriptor, ReadOnlySpan<byte> bytes, long offset) =>
        (int)Result(pwrite(descriptor, in First(bytes), (nuint)bytes.Length, offset));

    /// <summary>Entries of a folder from a place on, as the kernel's <c>struct linux_dirent64</c>.</summary>
    public static int ReadFolder(int descriptor, Span<byte> entries, long offset) => lseek(descriptor, offset, 0) < 0
        ? -LastError
        : (int)Result(getdents64(descriptor, ref MemoryMarshal.GetReference(entries), (nuint)entries.Length));

    public static int Sync(int descriptor, bool onlyData) => Result(onlyData ? fdatasync(descriptor) : fsync(descriptor));

    public static void Close(int descriptor) => _ = close(descriptor);

    /// <summary>Mounts what a device is asked for.</summary>
    public static int Mount(int device, string folder, string name) => Result(mount(
        name, folder, "fuse.tidepool", 6, $"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other")); // MS_NOSUID | MS_NODEV

    private static int Open(int folder, ReadOnlySpan<byte> path, int flags, uint mode)
    {
        Span<byte> how = stackalloc byte[24]; // struct open_how
        BinaryPrimitives.WriteUInt64LittleEndian(how, (uint)(flags | CloseOnExec));
        BinaryPrimitives.WriteUInt64LittleEndian(how[8..], mode);
        BinaryPrimitives.WriteUInt64LittleEndian(how[16..], OnlyBelow);
        return (int)Result((nint)syscall(OpenAt2, folder, in First(path), ref MemoryMarshal.GetReference(how), how.Length));
    }

    private static ref readonly byte First(ReadOnlySpan<byte> bytes) => ref MemoryMarshal.GetReference(bytes);

    private static int Result(int result) => result < 0 ? -LastError : result;

    private static nint Result(nint result) => result < 0 ? -LastError : result;

    [DllImport("libc", SetLastError = true)]
    private static extern int unshare(int flags);

    [DllImport("libc")]
    private static extern uint umask(uint mask);

    [DllImport("libc")]
    private static extern int setfsuid(uint uid);

    [DllImport("libc")]
    private static extern int setfsgid(uint gid);

    [DllImport("libc", SetLastError = true)]
    private static extern long syscall(long number, long count, uint[] groups);

    [DllImport("libc", SetLastError = true)]
    private static extern long syscall(long number, long folder, in byte path, ref byte how, long size);

    [DllImport("libc", SetLastError = true)]
    private static extern long syscall(long number, long folder, in byte path, long mode, long flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern int statx(int folder, in byte name, int flags, uint mask, ref byte facts);

    [DllImport("libc", SetLastError = true)]
    private static extern int mkdirat(int folder, in byte name, uint mode);

    [DllImport("libc", SetLastError = true)]
    private static extern int mknodat(int folder, in byte name, uint mode, ulong device);

    [DllImport("libc", SetLastError = true)]
    private static extern int symlinkat(in byte target, int folder, in byte name);

    [DllImport("libc", SetLastError = true)]
    private static extern int linkat(int from, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, int folder, in byte newName, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern nint readlinkat(int folder, in byte name, ref byte target, nuint size);

    [DllImport("libc", SetLastError = true)]
    private static extern int unlinkat(int folder, in byte name, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int renameat2(int from, in byte name, int to, in byte newName, uint flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int chmod([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);

    [DllImport("libc", SetLastError = true)]
    private static extern int fchownat(int folder, in byte name, uint uid, uint gid, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int truncate([MarshalAs(UnmanagedType.LPUTF8Str)] string path, long size);

    [DllImport("libc", SetLastError = true)]
    private static extern int ftruncate(int descriptor, long size);

    [DllImport("libc", SetLastError = true)]
    private static extern int utimensat(int folder, in byte name, long[] times, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern nint read(int descriptor, ref byte bytes, nuint count);

    [DllImport("libc", SetLastError = true)]
    private static extern nint write(int descriptor, in byte bytes, nuint count);

    [DllImport("libc", SetLastError = true)]
    private static extern nint pread(int descriptor, ref byte bytes, nuint count, long offset);

    [DllImport("libc", SetLastError = true)]
    private static extern nint pwrite(int descriptor, in byte bytes, nuint count, long offset);

    [DllImport("libc", SetLastError = true)]
    private static extern long lseek(int descriptor, long offset, int from);

    [DllImport("libc", SetLastError = true)]
    private static extern nint getdents64(int descriptor, ref byte entries, nuint size);

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern int fdatasync(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern int mount(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string source,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string folder,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string type,
        nuint flags,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string options);
}
