using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tidepool.Fargate.Volumes;

/// <summary>Copies a file that is mostly holes, and only what is none.</summary>
internal static class SparseCopy
{
    private const int BlockBytes = 4 * 1024 * 1024;
    private const int ToData = 3; // SEEK_DATA
    private const int ToHole = 4; // SEEK_HOLE
    private const int NoneLeft = 6; // ENXIO
    private const nuint Clone = 0x40049409; // FICLONE

    /// <summary>Copies a file; where the file system shares blocks between files, at once.</summary>
    /// <param name="from">The file.</param>
    /// <param name="to">The copy; it must not be there.</param>
    /// <param name="copied">Told the bytes that were copied so far, and at the end all.</param>
    /// <param name="ct">Ends the copy, which is left as far as it came.</param>
    /// <exception cref="IOException">One of them cannot be read or written.</exception>
    public static async Task RunAsync(string from, string to, IProgress<long>? copied, CancellationToken ct)
    {
        using var source = File.OpenHandle(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var target = File.OpenHandle(to, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        var length = RandomAccess.GetLength(source);
        if (ioctl(target, Clone, (int)source.DangerousGetHandle()) == 0)
        {
            copied?.Report(length);
            return;
        }

        RandomAccess.SetLength(target, length);
        var buffer = new byte[BlockBytes];
        var sum = 0L;
        var at = Seek(source, 0, ToData) ?? length;
        while (at < length)
        {
            var hole = Math.Min(Seek(source, at, ToHole) ?? length, length);
            while (at < hole)
            {
                var read = await RandomAccess.ReadAsync(source, buffer.AsMemory(0, (int)Math.Min(BlockBytes, hole - at)), at, ct);
                if (read == 0)
                {
                    throw new IOException($"{from} became shorter while it was copied");
                }

                await RandomAccess.WriteAsync(target, buffer.AsMemory(0, read), at, ct);
                at += read;
                sum += read;
                copied?.Report(sum);
            }

            at = Seek(source, at, ToData) ?? length;
        }
    }

    private static long? Seek(SafeFileHandle file, long from, int what)
    {
        var found = lseek(file, from, what);
        return found >= 0 ? found
            : Marshal.GetLastPInvokeError() == NoneLeft ? null
            : throw new IOException($"lseek: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    [DllImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static extern long lseek(SafeFileHandle file, long offset, int whence);

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static extern int ioctl(SafeFileHandle file, nuint request, nint argument);
}
