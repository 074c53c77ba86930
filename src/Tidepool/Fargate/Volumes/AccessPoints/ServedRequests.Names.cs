namespace Tidepool.Fargate.Volumes.AccessPoints;

// What is in folders, by names; and what is known of each.
internal sealed partial class ServedRequests
{
    private const int EntryBytes = 128; // struct fuse_entry_out
    private const int AttributesInEntry = 40;
    private const int AttributesInAnswer = 16;
    private const uint TypeBits = 0xf000; // S_IFMT
    private const uint BlockDevice = 0x6000; // S_IFBLK
    private const uint CharacterDevice = 0x2000; // S_IFCHR
    private const uint Exchange = 2; // RENAME_EXCHANGE

    private const uint SetMode = 1; // FATTR_MODE and so on
    private const uint SetUid = 2;
    private const uint SetGid = 4;
    private const uint SetSize = 8;
    private const uint SetAccessTime = 16;
    private const uint SetChangeTime = 32;
    private const uint ByHandle = 64;
    private const uint AccessTimeNow = 128;
    private const uint ChangeTimeNow = 256;
    private const long Now = 0x3fffffff; // UTIME_NOW
    private const long AsItIs = 0x3ffffffe; // UTIME_OMIT

    // How long the kernel may believe an answer is zero: others may write to the same files, and who opens one sees what was closed before.
    private int Entry(int folder, ReadOnlySpan<byte> name, int result)
    {
        var status = default(FileStatus);
        result = result < 0 ? result : FuseCalls.Describe(folder, name, status);
        return result < 0 ? result : Entry(name, status);
    }

    private int Entry(ReadOnlySpan<byte> name, in FileStatus status, ulong? parent = null)
    {
        Answer[..EntryBytes].Clear();
        UInt64(0, nodes.Meet(parent ?? _message.Node, name, status.Identity));
        status.WriteAttributes(Answer[AttributesInEntry..]);
        return EntryBytes;
    }

    private int Attributes(int node)
    {
        var status = default(FileStatus);
        if (FuseCalls.Describe(node, status) is var result && result < 0)
        {
            return result;
        }

        Answer[..AttributesInAnswer].Clear();
        status.WriteAttributes(Answer[AttributesInAnswer..]);
        return AttributesInAnswer + FileStatus.AttributeBytes;
    }

    private int SetAttributes(int node)
    {
        var valid = _message.UInt32(0);
        var result = (valid & SetMode) == 0 ? 0 : FuseCalls.ChangeMode(node, _message.UInt32(68));
        if (result >= 0 && (valid & (SetUid | SetGid)) != 0)
        {
            result = FuseCalls.ChangeOwner(
                node, (valid & SetUid) != 0 ? _message.UInt32(76) : uint.MaxValue, (valid & SetGid) != 0 ? _message.UInt32(80) : uint.MaxValue);
        }

        if (result >= 0 && (valid & SetSize) != 0)
        {
            var size = (long)_message.UInt64(16);
            result = (valid & ByHandle) != 0 ? FuseCalls.TruncateOpen((int)_message.UInt64(8), size) : FuseCalls.Truncate(node, size);
        }

        if (result >= 0 && (valid & (SetAccessTime | SetChangeTime)) != 0)
        {
            result = FuseCalls.ChangeTimes(
                node,
                [
                    (long)_message.UInt64(32), Nanoseconds(valid, SetAccessTime, AccessTimeNow, 56),
                    (long)_message.UInt64(40), Nanoseconds(valid, SetChangeTime, ChangeTimeNow, 60),
                ]);
        }

        return result < 0 ? result : Attributes(node);
    }

    private long Nanoseconds(uint valid, uint set, uint now, int at) =>
        (valid & set) == 0 ? AsItIs : (valid & now) != 0 ? Now : _message.UInt32(at);

    private int MakeFolder(int folder) => Entry(folder, _message.Name(8), FuseCalls.MakeFolder(folder, _message.Name(8), _message.UInt32(0)));

    // EFS has no device files.
    private int MakeNode(int folder) => (_message.UInt32(0) & TypeBits) is BlockDevice or CharacterDevice
        ? -FuseCalls.Denied
        : Entry(folder, _message.Name(16), FuseCalls.MakeNode(folder, _message.Name(16), _message.UInt32(0)));

    private int MakeLink(int folder)
    {
        var name = _message.Name(0);
        return Entry(folder, name, FuseCalls.Link(_message.Name(name.Length), folder, name));
    }

    private int HardLink() => InFolder(
        _message.Node, folder => InFolder(_message.UInt64(0), file => Entry(folder, _message.Name(8), FuseCalls.HardLink(file, folder, _message.Name(8)))));

    private int Unlink(int folder, bool isFolder) => Losing(folder, _message.Name(0), () => FuseCalls.Unlink(folder, _message.Name(0), isFolder));

    private int Rename(uint flags, int names) => InFolder(_message.Node, from => InFolder(_message.UInt64(0), to =>
    {
        var name = _message.Name(names);
        var newName = _message.Name(names + name.Length);
        var (moved, replaced) = (default(FileStatus), default(FileStatus));
        if (FuseCalls.Describe(from, name, moved) is var result && result < 0)
        {
            return result;
        }

        if ((flags & Exchange) != 0)
        {
            _ = FuseCalls.Describe(to, newName, replaced);
            result = FuseCalls.Rename(from, name, to, newName, flags);
        }
        else
        {
            result = Losing(to, newName, () => FuseCalls.Rename(from, _message.Name(names), to, _message.Name(names + _message.Name(names).Length), flags));
        }

        if (result >= 0)
        {
            nodes.Rename(moved.Identity, _message.UInt64(0), newName);
            if ((flags & Exchange) != 0)
            {
                nodes.Rename(replaced.Identity, _message.Node, name);
            }
        }

        return result;
    }));

    // What loses its name here may still be open or some container's working folder.
    private int Losing(int folder, ReadOnlySpan<byte> name, Func<int> step)
    {
        var status = default(FileStatus);
        var descriptor = FuseCalls.OpenPath(folder, name);
        var known = descriptor >= 0 && FuseCalls.Describe(descriptor, status) >= 0;
        var result = step();
        if (descriptor >= 0 && !(result >= 0 && known && nodes.Hold(descriptor, status.Identity)))
        {
            FuseCalls.Close(descriptor);
        }

        return result;
    }
}
