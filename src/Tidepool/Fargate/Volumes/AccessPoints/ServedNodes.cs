namespace Tidepool.Fargate.Volumes.AccessPoints;

/// <summary>
/// The files and folders that the kernel knows of a served folder, each by its folder and its name there. A descriptor is held only for what
/// has lost its name and is still in use: a job may look at more files than one process may have open.
/// </summary>
/// <param name="root">Descriptor of the served folder.</param>
internal sealed class ServedNodes(int root)
{
    /// <summary>What the kernel calls the served folder itself.</summary>
    public const ulong Root = 1;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Node> _byId = [];
    private readonly Dictionary<FileIdentity, Node> _byIdentity = [];
    private ulong _last = Root;

    /// <summary>Opens a node only to look at it and to name it; below 0 an error.</summary>
    /// <param name="id">The node.</param>
    /// <param name="opened">Whether the descriptor is to be closed.</param>
    public int Open(ulong id, out bool opened)
    {
        opened = false;
        var (held, path, identity) = Find(id);
        if (path is null)
        {
            return held;
        }

        var descriptor = FuseCalls.OpenPath(root, path);
        opened = descriptor >= 0;
        if (opened && !Is(descriptor, identity))
        {
            FuseCalls.Close(descriptor);
            return -FuseCalls.Stale;
        }

        return descriptor;
    }

    /// <summary>Opens a node to read or write it, or to list it; below 0 an error.</summary>
    public int OpenContent(ulong id, int flags)
    {
        var (held, path, identity) = Find(id);
        if (path is null)
        {
            return held < 0 ? held : FuseCalls.Reopen(held, flags);
        }

        var descriptor = FuseCalls.OpenBelow(root, path, flags);
        if (descriptor >= 0 && !Is(descriptor, identity))
        {
            FuseCalls.Close(descriptor);
            return -FuseCalls.Stale;
        }

        return descriptor;
    }

    /// <summary>The node of a file that the kernel is told of once more.</summary>
    public ulong Meet(ulong parent, ReadOnlySpan<byte> name, FileIdentity identity)
    {
        lock (_gate)
        {
            if (!_byIdentity.TryGetValue(identity, out var node))
            {
                node = new(++_last, identity);
                _byId[node.Id] = node;
                _byIdentity[identity] = node;
            }

            node.Lookups++;
            if (node.Held < 0)
            {
                (node.Parent, node.Name) = (_byId.GetValueOrDefault(parent), name[..^1].ToArray());
            }

            return node.Id;
        }
    }

    /// <summary>Keeps a descriptor of a file whose name is about to go, if the kernel knows that file; answers whether it is kept.</summary>
    public bool Hold(int descriptor, FileIdentity identity)
    {
        lock (_gate)
        {
            if (!_byIdentity.TryGetValue(identity, out var node) || node.Held >= 0)
            {
                return false;
            }

            node.Held = descriptor;
            return true;
        }
    }

    /// <summary>Gives a file another name.</summary>
    public void Rename(FileIdentity identity, ulong parent, ReadOnlySpan<byte> name)
    {
        lock (_gate)
        {
            if (_byIdentity.TryGetValue(identity, out var node))
            {
                (node.Parent, node.Name) = (_byId.GetValueOrDefault(parent), name[..^1].ToArray());
            }
        }
    }

    /// <summary>The kernel no longer knows a node from as many times as it was told of it.</summary>
    public void Forget(ulong id, ulong times)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(id, out var node) || (node.Lookups -= (long)times) > 0)
            {
                return;
            }

            _byId.Remove(id);
            _byIdentity.Remove(node.Identity);
            if (node.Held >= 0)
            {
                FuseCalls.Close(node.Held);
            }
        }
    }

    /// <summary>Lets go of every descriptor.</summary>
    public void Close()
    {
        foreach (var node in _byId.Values.Where(node => node.Held >= 0))
        {
            FuseCalls.Close(node.Held);
        }

        FuseCalls.Close(root);
    }

    private static bool Is(int descriptor, FileIdentity identity)
    {
        var status = default(FileStatus);
        return FuseCalls.Describe(descriptor, status) >= 0 && status.Identity == identity;
    }

    // A descriptor that is there, or a path from the root; with neither an error.
    private (int Held, byte[]? Path, FileIdentity Identity) Find(ulong id)
    {
        if (id == Root)
        {
            return (root, null, default);
        }

        lock (_gate)
        {
            if (!_byId.TryGetValue(id, out var node))
            {
                return (-FuseCalls.Stale, null, default);
            }

            if (node.Held >= 0)
            {
                return (node.Held, null, default);
            }

            var length = 0;
            for (var at = node; at is not null; at = at.Parent)
            {
                length += at.Name.Length + 1;
            }

            var path = new byte[length];
            for (var at = node; at is not null; at = at.Parent)
            {
                length -= at.Name.Length + 1;
                at.Name.CopyTo(path, length);
                path[length + at.Name.Length] = at == node ? (byte)0 : (byte)'/';
            }

            return (0, path, node.Identity);
        }
    }

    private sealed class Node(ulong id, FileIdentity identity)
    {
        public ulong Id { get; } = id;

        public FileIdentity Identity { get; } = identity;

        public long Lookups { get; set; }

        /// <summary>Null in the root.</summary>
        public Node? Parent { get; set; }

        public byte[] Name { get; set; } = [];

        /// <summary>A descriptor of what has no name any more; below 0 for none.</summary>
        public int Held { get; set; } = -1;
    }
}
