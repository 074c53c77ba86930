namespace Tidepool.Fargate.Runtimes;

/// <summary>How the sandbox gets its users.</summary>
internal enum SandboxUsers
{
    /// <summary>As root: the container's uids are the machine's.</summary>
    Root,

    /// <summary>As an ordinary user with a range in /etc/subuid: the container's uids are those of the range.</summary>
    Rootless,

    /// <summary>As an ordinary user without a range: every uid of the container is the user's own.</summary>
    SingleUid,
}

/// <summary>The tools of the sandbox on this machine, and how it gets its users.</summary>
internal sealed record SandboxMode(SandboxUsers Users, SandboxTools Tools)
{
    /// <summary>The container's uid 0 and 1 on this machine, when <see cref="SandboxUsers.Rootless"/>.</summary>
    public IdRange? UidRange { get; init; }

    /// <summary>The same for groups.</summary>
    public IdRange? GidRange { get; init; }

    public bool OwnersEnforced => Users is not SandboxUsers.SingleUid;

    public FileOwners Owners => new(OwnersEnforced, UidRange, GidRange);

    /// <summary>What goes before a command that is to be root over the containers' files: the user's range, where it is root.</summary>
    public IReadOnlyList<string> AsRoot => Users is SandboxUsers.Rootless ? [Tools.Unshare, .. MapRange] : [];

    /// <summary>bubblewrap, and what goes before it.</summary>
    /// <remarks>
    /// bubblewrap gives its capabilities up, and the kernel then lets its death signal not reach a program of another user. So a PID
    /// namespace is put around: when its first process dies, the kernel kills all that is in it and asks for no permission.
    /// </remarks>
    public IReadOnlyList<string> Launcher => Users is SandboxUsers.SingleUid
        ? [Tools.Bwrap]
        :
        [
            Tools.Setpriv, "--pdeathsig", "KILL", "--",
            Tools.Unshare, .. Users is SandboxUsers.Rootless ? MapRange : [], "--pid", "--fork", "--kill-child=KILL", "--",
            Tools.Bwrap,
        ];

    /// <summary>Options of <c>unshare</c> that map root to the user and the rest to the user's range.</summary>
    public static IReadOnlyList<string> MapRange { get; } = ["--user", "--map-root-user", "--map-auto"];

    public RuntimeFacts Facts => new()
    {
        Name = "sandbox",
        Mode = Users switch
        {
            SandboxUsers.Root => "root",
            SandboxUsers.Rootless => "rootless",
            _ => "single-uid",
        },
        OwnersEnforced = OwnersEnforced,
        NotExercised =
        [
            "The image: only its description (user, VOLUMEs, command) is used, over this machine's /usr.",
            "Limits: cpu, memory and ulimits are not enforced.",
            "The network: tasks share this machine's; a task has no address of its own and ports can clash.",
            "The writable layer: home, /tmp and volumes are writable, nothing else is, also not for root.",
            "setuid programs: they gain nothing.",
            "The task role: its keys are the upstream's, or made up; no one here looks at what it may do.",
            .. OwnersEnforced
                ? Array.Empty<string>()
                : ["Owners: all files belong to one user, so that no owner or mode holds a container back as on Fargate."],
        ],
    };
}

/// <summary>Where the sandbox's tools are.</summary>
internal sealed record SandboxTools(string Bwrap, string Setpriv, string Setsid, string Unshare, string Nsenter)
{
    public IReadOnlyList<string> Paths => [Bwrap, Setpriv, Setsid, Unshare, Nsenter];
}

/// <summary>What an id of this machine is in a container: root is the user, 1 and up are a range.</summary>
internal sealed record IdRange(uint Root, uint First, uint Count)
{
    /// <summary>The container's id of an id of this machine; 65534 for one that it does not have.</summary>
    public int ToContainer(uint id) =>
        id == Root ? 0 : id >= First && id < First + Count ? (int)(id - First + 1) : 65534;

    /// <summary>Reads the two lines of a uid_map that <c>unshare --map-root-user --map-auto</c> makes; null when there is no range.</summary>
    public static IdRange? Parse(string map)
    {
        var lines = map.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(uint.Parse).ToArray())
            .OrderBy(line => line[0])
            .ToArray();
        return lines is [[0, var root, 1], [1, var first, var count]] && count >= 65534 ? new(root, first, count) : null;
    }
}
