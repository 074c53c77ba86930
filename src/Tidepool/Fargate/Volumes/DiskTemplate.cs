using Microsoft.Win32.SafeHandles;
using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate.Volumes;

/// <summary>A new file system of one size, kept in memory: the few blocks of it that are not empty. A disk is made from it in a millisecond.</summary>
internal sealed class DiskTemplate
{
    private const int BlockSize = 4096;

    private readonly long _bytes;
    private readonly IReadOnlyList<(long Offset, byte[] Content)> _blocks;

    private DiskTemplate(long bytes, IReadOnlyList<(long Offset, byte[] Content)> blocks) => (_bytes, _blocks) = (bytes, blocks);

    /// <summary>Makes it with the tool for file systems.</summary>
    /// <param name="images">Has the tool.</param>
    /// <param name="file">A file for the making; it is gone afterwards.</param>
    /// <param name="bytes">Size of the disks.</param>
    /// <param name="ct">Ends the making.</param>
    /// <exception cref="IOException">The tool fails; holds what it said.</exception>
    public static async Task<DiskTemplate> MakeAsync(DiskImages images, string file, long bytes, CancellationToken ct)
    {
        await images.MakeScratchAsync(file, bytes, ct);
        try
        {
            using var image = File.OpenHandle(file);
            return new(bytes, [.. DiskCalls.DataOf(image).SelectMany(part => Blocks(image, part.Offset, part.Length))]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Makes a new file a disk.</summary>
    /// <exception cref="IOException">This machine's disk is full, or cannot hold a file of that length; holds the reason.</exception>
    public void WriteTo(SafeFileHandle file)
    {
        RandomAccess.SetLength(file, _bytes);
        foreach (var (offset, content) in _blocks)
        {
            RandomAccess.Write(file, content, offset);
        }
    }

    private static IEnumerable<(long Offset, byte[] Content)> Blocks(SafeFileHandle image, long offset, int length)
    {
        for (var end = offset + length; offset < end; offset += BlockSize)
        {
            var block = new byte[BlockSize];
            var read = RandomAccess.Read(image, block, offset);
            if (block.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                yield return (offset, block);
            }
        }
    }
}
