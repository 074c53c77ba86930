using Tidepool.Storage;

namespace Tidepool.Fargate.Runtimes;

/// <summary>The images that the sandbox knows by name. What is under each is this machine's <c>/usr</c>.</summary>
/// <remarks>docs/local-fargate.md has them as a table.</remarks>
internal static class BuiltInImages
{
    /// <summary>Where the agent's binary is, in all of them.</summary>
    public const string AgentPath = "/opt/tidepool/tidepool-agent";

    private const string SharedStorage = "/shared-storage";

    private static readonly DirectoryOwner AgentOwner = new(1000, 1000, BindVolume.Default.Mode);

    /// <summary>The image that runs Tidepool's agent, as docker/Dockerfile makes it.</summary>
    public static ImageDescription Agent { get; } = new()
    {
        Repository = "tidepool-agent",
        Command = [AgentPath, "builtin"],
        Content = [new(SharedStorage, AgentOwner)],
        VolumePaths = [SharedStorage],
    };

    /// <summary>A VOLUME with content, whose owners and modes are none that anything has by itself.</summary>
    public static ImageDescription WithVolume { get; } = new()
    {
        Repository = "tidepool/with-volume",
        Command = Idle,
        Content = Seeds,
        VolumePaths = [SharedStorage],
    };

    /// <summary>The same content without a VOLUME: a mount hides it.</summary>
    public static ImageDescription WithoutVolume { get; } = new()
    {
        Repository = "tidepool/without-volume",
        Command = Idle,
        Content = Seeds,
    };

    /// <summary>No content, no VOLUME, and root as its user.</summary>
    public static ImageDescription AsRoot { get; } = new()
    {
        Repository = "tidepool/as-root",
        Command = Idle,
        DefaultUser = "root",
        WorkingDirectory = "/root",
    };

    public static IReadOnlyList<ImageDescription> All { get; } = [Agent, WithVolume, WithoutVolume, AsRoot];

    /// <summary>Their names, for who asked for another.</summary>
    public static string Names { get; } =
        $"{string.Join(", ", All.SkipLast(1).Select(image => image.Repository))} and {All[^1].Repository}, of any registry";

    // It runs until it is stopped, also as PID 1, which heeds only the signals that it has a trap for.
    private static string[] Idle => ["/bin/sh", "-c", "trap 'exit 0' TERM; echo waiting; sleep infinity & wait"];

    private static ImageEntry[] Seeds =>
    [
        new(SharedStorage, new(1000, 1000, (UnixFileMode)0x1e8)), // 0750
        new($"{SharedStorage}/from-image", new(1000, 1000, (UnixFileMode)0x1a0), "from the image\n"), // 0640
        new($"{SharedStorage}/of-root", new(0, 0, (UnixFileMode)0x1a4), "of root\n"), // 0644
        new($"{SharedStorage}/cache", new(1000, 1000, (UnixFileMode)0x1c0)), // 0700
        new($"{SharedStorage}/cache/index", new(1000, 1000, (UnixFileMode)0x180), "index\n"), // 0600
    ];
}
