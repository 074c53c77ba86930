using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Tidepool.Fargate.Runtimes;

/// <summary>Watches the files of a folder and of all below it, as any user may: what is done with them, and not by whom.</summary>
/// <remarks>Source: man 7 inotify. The bits of a mask are those of <see cref="AccessCalls"/>.</remarks>
internal sealed class FolderWatch : IDisposable
{
    private const int Flags = 0x80800; // IN_NONBLOCK | IN_CLOEXEC
    private const uint MovedHere = 0x80; // IN_MOVED_TO
    private const uint Made = 0x100; // IN_CREATE
    private const uint IsFolder = 0x40000000; // IN_ISDIR
    private const uint OnlyFolders = 0x3000000; // IN_ONLYDIR | IN_DONT_FOLLOW
    private const int HeadBytes = 16; // struct inotify_event

    private static readonly uint Watched =
        OnlyFolders | MovedHere | Made | (uint)(AccessCalls.Read | AccessCalls.Modified | AccessCalls.ClosedAfterWriting | AccessCalls.ClosedAfterReading);

    private readonly Dictionary<int, string> _folders = [];

    /// <exception cref="IOException">The folder cannot be watched; holds the kernel's words.</exception>
    public FolderWatch(string folder)
    {
        var descriptor = inotify_init1(Flags);
        Group = descriptor < 0 ? throw new IOException(Words()) : new(descriptor, ownsHandle: true);
        if (!Add(folder))
        {
            var words = Words();
            Group.Dispose();
            throw new IOException(words);
        }

        AddBelow(folder, (_, _) => { });
    }

    /// <summary>To wait for.</summary>
    public SafeFileHandle Group { get; }

    /// <summary>Reads what is there, without waiting.</summary>
    /// <param name="buffer">Room for it.</param>
    /// <param name="see">Told each file's path, and what was done. What was in a folder before it was watched, and what was renamed, counts as written.</param>
    /// <returns>Whether there was anything.</returns>
    public bool Read(byte[] buffer, Action<string, ulong> see)
    {
        var length = (int)read((int)Group.DangerousGetHandle(), buffer, (nuint)buffer.Length);
        for (var at = 0; at + HeadBytes <= length;)
        {
            var mask = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(at + 4));
            var nameLength = (int)BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(at + 12));
            var name = Encoding.UTF8.GetString(buffer, at + HeadBytes, nameLength).TrimEnd('\0');
            if (name.Length > 0 && _folders.TryGetValue(BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at)), out var folder))
            {
                See(Path.Combine(folder, name), mask, see);
            }

            at += HeadBytes + nameLength;
        }

        return length > 0;
    }

    public void Dispose() => Group.Dispose();

    private void See(string path, uint mask, Action<string, ulong> see)
    {
        if ((mask & IsFolder) == 0)
        {
            see(path, (mask & MovedHere) != 0 ? AccessCalls.Modified : mask);
        }
        else if ((mask & (Made | MovedHere)) != 0 && Add(path))
        {
            AddBelow(path, see);
        }
    }

    // Folders that may not be read are left out.
    private void AddBelow(string folder, Action<string, ulong> see)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        try
        {
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", options))
            {
                if (entry is DirectoryInfo)
                {
                    Add(entry.FullName);
                }
                else
                {
                    see(entry.FullName, AccessCalls.Modified);
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Removed meanwhile.
        }
    }

    private bool Add(string folder)
    {
        var watch = inotify_add_watch((int)Group.DangerousGetHandle(), folder, Watched);
        if (watch >= 0)
        {
            _folders[watch] = folder;
        }

        return watch >= 0;
    }

    private static string Words() => new Win32Exception(Marshal.GetLastPInvokeError()).Message;

    [DllImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    private static extern int inotify_init1(int flags);

    [DllImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true)]
    private static extern int inotify_add_watch(int group, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mask);

    [DllImport("libc", EntryPoint = "read")]
    private static extern nint read(int descriptor, byte[] buffer, nuint length);
}
