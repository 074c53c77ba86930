using Tidepool.Storage;

namespace Tidepool.Fargate.Runtimes;

/// <summary>A user of an image.</summary>
internal sealed record ImageUser(string Name, int Uid, int Gid, string Home);

/// <summary>What the sandbox knows of an image that it does not have: its user, VOLUMEs and program.</summary>
internal sealed record ImageDescription
{
    /// <summary>Where the agent's binary is in its image.</summary>
    public const string AgentPath = "/opt/tidepool/tidepool-agent";

    private const string AgentRepository = "tidepool-agent";

    /// <summary>The image that runs Tidepool's agent.</summary>
    public static ImageDescription Agent { get; } = new()
    {
        Users = [new("root", 0, 0, "/root"), new("agent", 1000, 1000, "/home/agent"), new("nobody", 65534, 65534, "/nonexistent")],
        DefaultUser = "agent",
        Command = [AgentPath, "builtin"],
        WorkingDirectory = "/home/agent",
        Volumes =
        [
            new("/shared-storage", 1000, 1000,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute),
        ],
    };

    public required IReadOnlyList<ImageUser> Users { get; init; }

    public required string DefaultUser { get; init; }

    public required IReadOnlyList<string> Command { get; init; }

    public required string WorkingDirectory { get; init; }

    public required IReadOnlyList<ImageVolume> Volumes { get; init; }

    /// <summary>The description of an image by its name; null when the sandbox has none.</summary>
    public static ImageDescription? Find(string image)
    {
        var name = image.Split('@')[0];
        var last = name[(name.LastIndexOf('/') + 1)..].Split(':')[0];
        return last == AgentRepository ? Agent : null;
    }

    /// <summary>The user that a container definition's <c>user</c> names: name, uid, name:group or uid:gid; null when the image has no such user.</summary>
    public ImageUser? UserOf(string? user)
    {
        var parts = (string.IsNullOrEmpty(user) ? DefaultUser : user).Split(':');
        var known = Users.FirstOrDefault(candidate => candidate.Name == parts[0] || $"{candidate.Uid}" == parts[0]);
        if (parts.Length > 2 || (known is null && !IsId(parts[0])))
        {
            return null;
        }

        var found = known ?? new ImageUser(parts[0], int.Parse(parts[0]), 0, "/");
        if (parts.Length == 1)
        {
            return found;
        }

        var group = Users.FirstOrDefault(candidate => candidate.Name == parts[1])?.Gid ?? (IsId(parts[1]) ? int.Parse(parts[1]) : null as int?);
        return group is { } gid ? found with { Gid = gid } : null;
    }

    private static bool IsId(string text) => text.Length is > 0 and <= 5 && text.All(char.IsAsciiDigit) && int.Parse(text) <= 65534;
}
