using System.Buffers.Binary;

namespace Tidepool.Fargate.Volumes.AccessPoints;

// What is in files, and the lists of folders.
internal sealed partial class ServedRequests
{
    private const uint KeptFlags = 3 | 0x101000; // O_ACCMODE | O_SYNC
    private const uint KeptOfCreation = 0x80 | 0x200; // O_EXCL | O_TRUNC
    private const int OpenBytes = 16; // struct fuse_open_out
    private const int WrittenAt = 40; // after struct fuse_write_in
    private const int ListedHeader = 19; // struct linux_dirent64 up to the name
    private const int AnsweredHeader = 24; // struct fuse_dirent up to the name
    private const ulong EightExbibytes = 8_796_093_022_207; // in MiB

    private readonly byte[] _entries = GC.AllocateUninitializedArray<byte>(32 * 1024, pinned: true);

    // Not O_APPEND: the kernel says where to write, and it may write back by any open file what a program changed in mapped memory.
    private static int Flags(uint flags) => (int)(flags & KeptFlags);

    private int Opened(int descriptor, int at)
    {
        if (descriptor < 0)
        {
            return descriptor;
        }

        UInt64(at, (ulong)descriptor);
        UInt64(at + 8, 0);
        return at + OpenBytes;
    }

    private int Create(int folder)
    {
        var descriptor = FuseCalls.CreateFile(
            folder, _message.Name(16), Flags(_message.UInt32(0)) | (int)(_message.UInt32(0) & KeptOfCreation), _message.UInt32(4));
        if (descriptor < 0)
        {
            return descriptor;
        }

        var status = default(FileStatus);
        if (FuseCalls.Describe(descriptor, status) is var result && result < 0)
        {
            FuseCalls.Close(descriptor);
            return result;
        }

        return Opened(descriptor, Entry(_message.Name(16), status));
    }

    private int Write()
    {
        var written = FuseCalls.Write(Handle, _message.Bytes(WrittenAt, (int)_message.UInt32(16)), (long)_message.UInt64(8));
        UInt64(0, (ulong)Math.Max(written, 0));
        return written < 0 ? written : 8;
    }

    private int Release()
    {
        FuseCalls.Close(Handle);
        return 0;
    }

    private int ReadFolder()
    {
        var room = (int)Math.Min(_message.UInt32(16), FuseMessage.LargestTransfer);
        var listed = FuseCalls.ReadFolder(Handle, _entries, (long)_message.UInt64(8));
        var answered = 0;
        for (var at = 0; at < listed;)
        {
            ReadOnlySpan<byte> entry = _entries.AsSpan(at, BinaryPrimitives.ReadUInt16LittleEndian(_entries.AsSpan(at + 16)));
            var name = entry[ListedHeader..];
            name = name[..name.IndexOf((byte)0)];
            var length = (AnsweredHeader + name.Length + 7) & ~7;
            if (answered + length > room)
            {
                break;
            }

            var answer = Answer.Slice(answered, length);
            answer.Clear();
            entry[..16].CopyTo(answer); // inode, and where the next one is
            BinaryPrimitives.WriteInt32LittleEndian(answer[16..], name.Length);
            BinaryPrimitives.WriteInt32LittleEndian(answer[20..], entry[18]); // type
            name.CopyTo(answer[AnsweredHeader..]);
            answered += length;
            at += entry.Length;
        }

        return listed < 0 ? listed : answered;
    }

    /// <summary>What <c>df</c> shows: EFS has no size, and says 8 EiB.</summary>
    private int FileSystemFacts()
    {
        Answer[..80].Clear();
        UInt64(0, EightExbibytes);
        UInt64(8, EightExbibytes);
        UInt64(16, EightExbibytes);
        UInt32(40, 1024 * 1024); // bytes of a block
        UInt32(44, 255); // longest name
        UInt32(48, 1024 * 1024);
        return 80;
    }
}
