namespace Tidepool.Fargate.Runtimes;

/// <summary>A folder of this machine at a path of a container.</summary>
internal sealed record SandboxMount(string HostPath, string ContainerPath, bool ReadOnly);

/// <summary>Everything that makes a container's processes.</summary>
internal sealed record SandboxContainerSpec
{
    /// <summary>Id of the container, for the host name and messages.</summary>
    public required string RuntimeId { get; init; }

    /// <summary>Host name in the container.</summary>
    public required string HostName { get; init; }

    public required ImageUser User { get; init; }

    /// <summary>Groups that the user is in besides its own.</summary>
    public IReadOnlyList<int> Groups { get; init; } = [];

    /// <summary>Program and arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public required string WorkingDirectory { get; init; }

    /// <summary>The whole environment, secrets included.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Volumes.</summary>
    public required IReadOnlyList<SandboxMount> Mounts { get; init; }

    /// <summary>Folder with <c>home</c> and <c>tmp</c>: the container's writable layer.</summary>
    public required string LayerFolder { get; init; }

    /// <summary>Folder with <c>passwd</c> and <c>group</c> of the image.</summary>
    public required string EtcFolder { get; init; }

    /// <summary>The agent's binary on this machine.</summary>
    public required string AgentBinary { get; init; }

    public bool ReadOnlyRoot { get; init; }

    /// <summary>Whether an init process is PID 1, and the program its child.</summary>
    public bool Init { get; init; }

    /// <summary>Capabilities beyond (with +) and below (with -) the default set.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];
}
