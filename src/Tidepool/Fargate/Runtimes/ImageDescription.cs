using Tidepool.Storage;

namespace Tidepool.Fargate.Runtimes;

/// <summary>A user of an image.</summary>
internal sealed record ImageUser(string Name, int Uid, int Gid, string Home);

/// <summary>A directory or a file of an image.</summary>
/// <param name="Path">Absolute path in the image.</param>
/// <param name="Owner">Owner and mode.</param>
/// <param name="Text">What is in the file; null for a directory.</param>
internal sealed record ImageEntry(string Path, DirectoryOwner Owner, string? Text = null);

/// <summary>What the sandbox knows of an image that it does not have: its user, program, VOLUMEs and content.</summary>
internal sealed record ImageDescription
{
    /// <summary>Name of the repository, after any registry and folder.</summary>
    public required string Repository { get; init; }

    /// <summary>Users of the image; they are the same in all.</summary>
    public IReadOnlyList<ImageUser> Users { get; init; } =
        [new("root", 0, 0, "/root"), new("agent", 1000, 1000, "/home/agent"), new("nobody", 65534, 65534, "/nonexistent")];

    public string DefaultUser { get; init; } = "agent";

    /// <summary>Program and arguments, unless the container definition has its own.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public string WorkingDirectory { get; init; } = "/home/agent";

    /// <summary>Directories and files beyond those of the system; each directory before what is in it.</summary>
    public IReadOnlyList<ImageEntry> Content { get; init; } = [];

    /// <summary>Which directories of the content are a <c>VOLUME</c>.</summary>
    public IReadOnlyList<string> VolumePaths { get; init; } = [];

    public IReadOnlyList<ImageVolume> Volumes =>
        [.. Content.Where(entry => VolumePaths.Contains(entry.Path)).Select(entry => new ImageVolume(entry.Path, entry.Owner.Uid, entry.Owner.Gid, entry.Owner.Mode))];

    /// <summary>The directories of the content that lie in no other of it.</summary>
    public IEnumerable<ImageEntry> Roots => Content.Where(entry => !Content.Any(other => IsBelow(entry, other.Path)));

    /// <summary>A directory of the content, and after it what lies below it.</summary>
    public IEnumerable<ImageEntry> ContentOf(string folder) => Content.Where(entry => entry.Path == folder || IsBelow(entry, folder));

    /// <summary>The description of an image by its name; null when the sandbox has none.</summary>
    public static ImageDescription? Find(string image)
    {
        var name = image.Split('@')[0];
        var last = name.LastIndexOf('/') + 1;
        var repository = $"/{name[..last]}{name[last..].Split(':')[0]}";
        return BuiltInImages.All.FirstOrDefault(known => repository.EndsWith($"/{known.Repository}", StringComparison.Ordinal));
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

    private static bool IsBelow(ImageEntry entry, string folder) => entry.Path.StartsWith($"{folder}/", StringComparison.Ordinal);

    private static bool IsId(string text) => text.Length is > 0 and <= 5 && text.All(char.IsAsciiDigit) && int.Parse(text) <= 65534;
}
