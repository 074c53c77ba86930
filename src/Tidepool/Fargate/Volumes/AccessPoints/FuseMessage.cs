using System.Buffers.Binary;

namespace Tidepool.Fargate.Volumes.AccessPoints;

/// <summary>What the kernel asks a file system in user space, as far as a folder is served. The numbers are the kernel's.</summary>
/// <remarks>Source: https://github.com/torvalds/linux/blob/master/include/uapi/linux/fuse.h</remarks>
internal enum FuseOperation : uint
{
    Lookup = 1,
    Forget = 2,
    GetAttributes = 3,
    SetAttributes = 4,
    ReadLink = 5,
    SymbolicLink = 6,
    MakeNode = 8,
    MakeFolder = 9,
    Unlink = 10,
    RemoveFolder = 11,
    Rename = 12,
    Link = 13,
    Open = 14,
    Read = 15,
    Write = 16,
    FileSystemFacts = 17,
    Release = 18,
    Sync = 20,
    Initialize = 26,
    OpenFolder = 27,
    ReadFolder = 28,
    ReleaseFolder = 29,
    SyncFolder = 30,
    Access = 34,
    Create = 35,
    Interrupt = 36,
    ForgetMany = 42,
    RenameWithFlags = 45,
}

/// <summary>One request of the kernel and the room for its answer; a thread uses it again and again.</summary>
internal sealed class FuseMessage
{
    /// <summary>Most bytes of one write or read.</summary>
    public const int LargestTransfer = 128 * 1024;

    private const int RequestHeader = 40; // struct fuse_in_header
    private const int AnswerHeader = 16; // struct fuse_out_header
    private const int Room = LargestTransfer + 8192;

    private readonly byte[] _request = GC.AllocateUninitializedArray<byte>(Room, pinned: true);
    private readonly byte[] _answer = GC.AllocateUninitializedArray<byte>(Room, pinned: true);

    public FuseOperation Operation => (FuseOperation)BinaryPrimitives.ReadUInt32LittleEndian(_request.AsSpan(4));

    /// <summary>The file or folder that is asked about.</summary>
    public ulong Node => BinaryPrimitives.ReadUInt64LittleEndian(_request.AsSpan(16));

    /// <summary>Room for what is answered.</summary>
    public Span<byte> Answer => _answer.AsSpan(AnswerHeader);

    private ulong Id => BinaryPrimitives.ReadUInt64LittleEndian(_request.AsSpan(8));

    private int Length => BinaryPrimitives.ReadInt32LittleEndian(_request);

    public uint UInt32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_request.AsSpan(RequestHeader + at));

    public ulong UInt64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_request.AsSpan(RequestHeader + at));

    /// <summary>Bytes of the request.</summary>
    public ReadOnlySpan<byte> Bytes(int at, int count) => _request.AsSpan(RequestHeader + at, count);

    /// <summary>A name that begins at a place of the request, with the zero byte that ends it.</summary>
    public ReadOnlySpan<byte> Name(int at)
    {
        var rest = _request.AsSpan(RequestHeader + at, Length - RequestHeader - at);
        return rest[..(rest.IndexOf((byte)0) + 1)];
    }

    /// <summary>Waits for a request; false when the file system is unmounted.</summary>
    public bool Receive(int device)
    {
        while (true)
        {
            if (FuseCalls.Read(device, _request) > 0)
            {
                return true;
            }

            // Interrupted requests are withdrawn before they are read.
            if (FuseCalls.LastError is not (FuseCalls.Interrupted or FuseCalls.NoSuchFile or FuseCalls.TryAgain))
            {
                return false;
            }
        }
    }

    /// <summary>Answers it.</summary>
    /// <param name="device">Where it came from.</param>
    /// <param name="result">Bytes of <see cref="Answer"/>, or an error as a negative number.</param>
    public void Reply(int device, int result)
    {
        var length = AnswerHeader + Math.Max(result, 0);
        BinaryPrimitives.WriteInt32LittleEndian(_answer, length);
        BinaryPrimitives.WriteInt32LittleEndian(_answer.AsSpan(4), Math.Min(result, 0));
        BinaryPrimitives.WriteUInt64LittleEndian(_answer.AsSpan(8), Id);

        // Fails only for a request that nobody waits for any more.
        _ = FuseCalls.Write(device, _answer.AsSpan(0, length));
    }
}
