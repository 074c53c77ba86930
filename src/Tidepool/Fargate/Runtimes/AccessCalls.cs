using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tidepool.Fargate.Runtimes;

/// <summary>What the kernel tells of one access to a file.</summary>
/// <param name="Mask">Bits of <see cref="AccessCalls"/>.</param>
/// <param name="Descriptor">The file, open for reading; the reader's to close. Negative where none could be opened.</param>
/// <param name="Pid">Who did it.</param>
internal readonly record struct FileAccessEvent(ulong Mask, int Descriptor, int Pid);

/// <summary>Calls to the C library by which accesses to the files of a mount are watched.</summary>
/// <remarks>Source: man 7 fanotify. A mark of a mount takes CAP_SYS_ADMIN in the first user namespace.</remarks>
internal static class AccessCalls
{
    public const ulong Read = 0x1; // FAN_ACCESS
    public const ulong Modified = 0x2; // FAN_MODIFY
    public const ulong ClosedAfterWriting = 0x8; // FAN_CLOSE_WRITE
    public const ulong ClosedAfterReading = 0x10; // FAN_CLOSE_NOWRITE
    public const ulong AsksToOpen = 0x10000; // FAN_OPEN_PERM

    private const uint WithoutLimits = 0x37; // FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS
    private const uint Allow = 1; // FAN_ALLOW
    private const uint ForReading = 0xc0000; // O_RDONLY | O_CLOEXEC | O_NOATIME
    private const uint AddMount = 0x11; // FAN_MARK_ADD | FAN_MARK_MOUNT
    private const int CurrentFolder = -100; // AT_FDCWD
    private const int EventBytes = 24; // struct fanotify_event_metadata
    private const short Readable = 1; // POLLIN

    /// <summary>Opens a group of watches.</summary>
    /// <exception cref="IOException">The kernel does not let this user; holds its words.</exception>
    public static SafeFileHandle Open()
    {
        var descriptor = fanotify_init(WithoutLimits, ForReading);
        return descriptor < 0 ? throw new IOException(Words()) : new(descriptor, ownsHandle: true);
    }

    /// <summary>Watches the mount that a path is in. Whoever opens a file there waits until <see cref="LetOpen"/>, or until the group is closed.</summary>
    /// <exception cref="IOException">It cannot be; holds the kernel's words.</exception>
    public static void WatchMount(SafeFileHandle group, string path)
    {
        if (fanotify_mark((int)group.DangerousGetHandle(), AddMount, Read | Modified | ClosedAfterWriting | ClosedAfterReading | AsksToOpen, CurrentFolder, path) != 0)
        {
            throw new IOException(Words());
        }
    }

    /// <summary>Lets somebody go on who <see cref="AsksToOpen"/>.</summary>
    public static void LetOpen(SafeFileHandle group, int descriptor)
    {
        var answer = new byte[8]; // struct fanotify_response
        BitConverter.TryWriteBytes(answer, descriptor);
        BitConverter.TryWriteBytes(answer.AsSpan(4), Allow);
        _ = write((int)group.DangerousGetHandle(), answer, (nuint)answer.Length);
    }

    /// <summary>Reads the events that are there, without waiting.</summary>
    /// <param name="group">The group.</param>
    /// <param name="buffer">Room for them.</param>
    /// <param name="events">Gets them.</param>
    public static void ReadInto(SafeFileHandle group, byte[] buffer, List<FileAccessEvent> events)
    {
        var length = (int)read((int)group.DangerousGetHandle(), buffer, (nuint)buffer.Length);
        for (var at = 0; at + EventBytes <= length;)
        {
            var one = buffer.AsSpan(at, EventBytes);
            events.Add(new(BitConverter.ToUInt64(one[8..]), BitConverter.ToInt32(one[16..]), BitConverter.ToInt32(one[20..])));
            at += Math.Max(EventBytes, BitConverter.ToInt32(one));
        }
    }

    /// <summary>Waits until one of the groups has events.</summary>
    public static bool Wait(IReadOnlyList<SafeFileHandle> groups, int milliseconds)
    {
        var polled = groups.Select(group => new Poll((int)group.DangerousGetHandle(), Readable, 0)).ToArray();
        return poll(polled, (nuint)polled.Length, milliseconds) > 0;
    }

    public static void Close(int descriptor) => _ = close(descriptor);

    private static string Words() => new Win32Exception(Marshal.GetLastPInvokeError()).Message;

    [DllImport("libc", EntryPoint = "fanotify_init", SetLastError = true)]
    private static extern int fanotify_init(uint flags, uint eventFlags);

    [DllImport("libc", EntryPoint = "fanotify_mark", SetLastError = true)]
    private static extern int fanotify_mark(int group, uint flags, ulong mask, int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path);

    [DllImport("libc", EntryPoint = "read")]
    private static extern nint read(int descriptor, byte[] buffer, nuint length);

    [DllImport("libc", EntryPoint = "write")]
    private static extern nint write(int descriptor, byte[] buffer, nuint length);

    [DllImport("libc", EntryPoint = "poll")]
    private static extern int poll([In, Out] Poll[] polled, nuint count, int milliseconds);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int close(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct Poll(int descriptor, short events, short seen)
    {
        public int Descriptor = descriptor;
        public short Events = events;
        public short Seen = seen;
    }
}
