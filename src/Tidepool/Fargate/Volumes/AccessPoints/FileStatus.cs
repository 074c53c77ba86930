using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Tidepool.Fargate.Volumes.AccessPoints;

/// <summary>What tells one file from another that has its inode after it.</summary>
internal readonly record struct FileIdentity(ulong Device, ulong Inode, long BornSeconds, uint BornNanoseconds);

/// <summary>What the kernel says of a file, in its <c>struct statx</c>.</summary>
/// <remarks>Source: https://man7.org/linux/man-pages/man2/statx.2.html</remarks>
[InlineArray(Size)]
internal struct FileStatus
{
    /// <summary>Bytes of the attributes in an answer: <c>struct fuse_attr</c>.</summary>
    public const int AttributeBytes = 88;

    private const int Size = 256;

    private byte _first;

    public readonly FileIdentity Identity => new(UInt64(136), UInt64(32), (long)UInt64(80), UInt32(88));

    /// <summary>The same for the kernel as the one that asks.</summary>
    public readonly void WriteAttributes(Span<byte> attributes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(attributes, UInt64(32));
        BinaryPrimitives.WriteUInt64LittleEndian(attributes[8..], UInt64(40));
        BinaryPrimitives.WriteUInt64LittleEndian(attributes[16..], UInt64(48));
        foreach (var (from, seconds, nanoseconds) in ((int From, int Seconds, int Nanoseconds)[])[(64, 24, 48), (112, 32, 52), (96, 40, 56)])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(attributes[seconds..], UInt64(from));
            BinaryPrimitives.WriteUInt32LittleEndian(attributes[nanoseconds..], UInt32(from + 8));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(attributes[60..], UInt32(28) & 0xffff);
        BinaryPrimitives.WriteUInt32LittleEndian(attributes[64..], UInt32(16));
        BinaryPrimitives.WriteUInt32LittleEndian(attributes[68..], UInt32(20));
        BinaryPrimitives.WriteUInt32LittleEndian(attributes[72..], UInt32(24));
        BinaryPrimitives.WriteUInt32LittleEndian(attributes[76..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(attributes[80..], UInt32(4));
        BinaryPrimitives.WriteUInt32LittleEndian(attributes[84..], 0);
    }

    private readonly uint UInt32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(((ReadOnlySpan<byte>)this)[at..]);

    private readonly ulong UInt64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(((ReadOnlySpan<byte>)this)[at..]);
}
