using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tidepool.Fargate.Runtimes;

/// <summary>Mounts a file with a file system through a loop device, which the kernel frees with the last mount of it.</summary>
/// <remarks>
/// The system calls themselves and not <c>mount -o loop</c>, which takes 20 ms to do the same: man 4 loop. Needs Linux 5.8 and CAP_SYS_ADMIN.
/// </remarks>
internal static class LoopDevice
{
    private const int MostTries = 100;
    private const int DeviceBusy = 16; // EBUSY
    private const nuint GetFree = 0x4C82; // LOOP_CTL_GET_FREE
    private const nuint Configure = 0x4C0A; // LOOP_CONFIGURE
    private const int ConfigurationSize = 304; // struct loop_config
    private const int FlagsOffset = 60; // info.lo_flags in it
    private const uint AutoClear = 4; // LO_FLAGS_AUTOCLEAR
    private const nuint NoDevices = 4; // MS_NODEV

    // The kernel names the same free device to all who ask until one has taken it.
    private static readonly Lock Turn = new();

    /// <summary>Mounts a file at a folder. Device files in it have no effect; everything else works as on a disk.</summary>
    /// <param name="file">The file.</param>
    /// <param name="folder">A folder that is there.</param>
    /// <param name="fileSystem">What the kernel calls its type, as in <c>ext4</c>.</param>
    /// <param name="options">Options of that type, separated by commas.</param>
    /// <exception cref="IOException">No loop device can be had, or the kernel does not take the file system; holds which.</exception>
    public static void Mount(string file, string folder, string fileSystem, string options)
    {
        using var backing = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var device = Attach(backing, file, out var path);
        if (mount(path, folder, fileSystem, NoDevices, options) != 0)
        {
            throw new IOException($"mount of {file} as {fileSystem} at {folder}: {LastError}");
        }
    }

    private static SafeFileHandle Attach(SafeFileHandle backing, string file, out string path)
    {
        var configuration = new byte[ConfigurationSize];
        BinaryPrimitives.WriteInt32LittleEndian(configuration, (int)backing.DangerousGetHandle());
        BinaryPrimitives.WriteUInt32LittleEndian(configuration.AsSpan(FlagsOffset), AutoClear);
        using var control = Open("/dev/loop-control");
        using var turn = Turn.EnterScope();
        for (var attempt = 1; ; attempt++)
        {
            var number = ioctl(control, GetFree, 0);
            path = $"/dev/loop{number}";
            var device = number < 0 ? throw new IOException($"no loop device is free: {LastError}") : Open(path);
            if (ioctl(device, Configure, configuration) == 0)
            {
                return device;
            }

            // Another process may have taken the free one.
            var isTaken = Marshal.GetLastPInvokeError() == DeviceBusy && attempt < MostTries;
            var error = $"loop device {path} for {file}: {LastError}";
            device.Dispose();
            if (!isTaken)
            {
                throw new IOException(error);
            }
        }
    }

    private static SafeFileHandle Open(string device)
    {
        try
        {
            return File.OpenHandle(device, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private static string LastError => new Win32Exception(Marshal.GetLastPInvokeError()).Message;

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static extern int ioctl(SafeFileHandle device, nuint request, nint argument);

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static extern int ioctl(SafeFileHandle device, nuint request, byte[] argument);

    [DllImport("libc", EntryPoint = "mount", SetLastError = true)]
    private static extern int mount(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string source,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string target,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string type,
        nuint flags,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string options);
}
