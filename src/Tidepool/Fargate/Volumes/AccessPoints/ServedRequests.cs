using System.Buffers.Binary;

namespace Tidepool.Fargate.Volumes.AccessPoints;

/// <summary>Does what the kernel asks of a served folder; one for each thread.</summary>
/// <remarks>Layouts of requests and answers: https://github.com/torvalds/linux/blob/master/include/uapi/linux/fuse.h</remarks>
internal sealed partial class ServedRequests(int device, ServedNodes nodes)
{
    private const uint Major = 7;
    private const uint Minor = 31;
    private const int OldestMinor = 23; // has the answer's 64 bytes
    private const uint Features = 0x1 | 0x20 | 0x1000 | 0x40000; // ASYNC_READ, BIG_WRITES, AUTO_INVAL_DATA, PARALLEL_DIROPS

    private readonly FuseMessage _message = new();

    private Span<byte> Answer => _message.Answer;

    /// <summary>Answers requests until the folder is unmounted.</summary>
    public void Serve()
    {
        while (_message.Receive(device))
        {
            switch (_message.Operation)
            {
                case FuseOperation.Forget:
                    nodes.Forget(_message.Node, _message.UInt64(0));
                    break;
                case FuseOperation.ForgetMany:
                    for (var i = 0; i < _message.UInt32(0); i++)
                    {
                        nodes.Forget(_message.UInt64(8 + (16 * i)), _message.UInt64(16 + (16 * i)));
                    }

                    break;
                case FuseOperation.Interrupt:
                    // What is done here does not wait for anyone.
                    break;
                default:
                    _message.Reply(device, Do(_message.Operation));
                    break;
            }
        }
    }

    private int Do(FuseOperation operation) => operation switch
    {
        FuseOperation.Initialize => Initialize(),
        FuseOperation.Lookup => InFolder(_message.Node, folder => Entry(folder, _message.Name(0), 0)),
        FuseOperation.GetAttributes => WithNode(Attributes),
        FuseOperation.SetAttributes => WithNode(SetAttributes),
        FuseOperation.ReadLink => WithNode(node => FuseCalls.ReadLink(node, Answer[..4096])),
        FuseOperation.SymbolicLink => InFolder(_message.Node, MakeLink),
        FuseOperation.MakeNode => InFolder(_message.Node, MakeNode),
        FuseOperation.MakeFolder => InFolder(_message.Node, MakeFolder),
        FuseOperation.Unlink => InFolder(_message.Node, folder => Unlink(folder, isFolder: false)),
        FuseOperation.RemoveFolder => InFolder(_message.Node, folder => Unlink(folder, isFolder: true)),
        FuseOperation.Rename => Rename(flags: 0, names: 8),
        FuseOperation.RenameWithFlags => Rename(_message.UInt32(8), names: 16),
        FuseOperation.Link => HardLink(),
        FuseOperation.Open => Opened(nodes.OpenContent(_message.Node, Flags(_message.UInt32(0))), 0),
        FuseOperation.OpenFolder => Opened(nodes.OpenContent(_message.Node, 0), 0),
        FuseOperation.Create => InFolder(_message.Node, Create),
        FuseOperation.Read => FuseCalls.Read(Handle, Answer[..(int)Math.Min(_message.UInt32(16), FuseMessage.LargestTransfer)], (long)_message.UInt64(8)),
        FuseOperation.Write => Write(),
        FuseOperation.ReadFolder => ReadFolder(),
        FuseOperation.Release or FuseOperation.ReleaseFolder => Release(),
        FuseOperation.Sync or FuseOperation.SyncFolder => FuseCalls.Sync(Handle, (_message.UInt32(8) & 1) != 0),
        FuseOperation.FileSystemFacts => FileSystemFacts(),
        FuseOperation.Access => WithNode(node => FuseCalls.MayAccess(node, _message.UInt32(0))),

        // No extended attributes, no reserved space, as on EFS; locks are the kernel's own.
        _ => -FuseCalls.NotSupported,
    };

    /// <summary>The open file or folder that a request names first.</summary>
    private int Handle => (int)_message.UInt64(0);

    private int Initialize()
    {
        if (_message.UInt32(0) != Major || _message.UInt32(4) < OldestMinor)
        {
            return -FuseCalls.NotSupported;
        }

        Answer[..64].Clear();
        UInt32(0, Major);
        UInt32(4, Minor);
        UInt32(8, _message.UInt32(8)); // read ahead as the kernel likes
        UInt32(12, Features & _message.UInt32(12));
        BinaryPrimitives.WriteUInt16LittleEndian(Answer[16..], 64); // requests that wait for no one
        BinaryPrimitives.WriteUInt16LittleEndian(Answer[18..], 48); // from how many on the kernel holds back
        UInt32(20, FuseMessage.LargestTransfer);
        UInt32(24, 1); // times are in nanoseconds
        return 64;
    }

    private delegate int Step(int descriptor);

    private int WithNode(Step step) => InFolder(_message.Node, step);

    private int InFolder(ulong node, Step step)
    {
        var descriptor = nodes.Open(node, out var opened);
        try
        {
            return descriptor < 0 ? descriptor : step(descriptor);
        }
        finally
        {
            if (opened)
            {
                FuseCalls.Close(descriptor);
            }
        }
    }

    private void UInt32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Answer[at..], value);

    private void UInt64(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Answer[at..], value);
}
