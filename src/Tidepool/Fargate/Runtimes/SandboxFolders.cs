using Tidepool.Storage;

namespace Tidepool.Fargate.Runtimes;

/// <summary>A directory or file to make for a task.</summary>
/// <param name="Path">Where, on this machine.</param>
/// <param name="Owner">Owner and mode, as containers see them.</param>
/// <param name="Text">What is in the file; null for a directory.</param>
internal sealed record TaskEntry(string Path, DirectoryOwner Owner, string? Text = null);

/// <summary>The folders that the sandbox mounts in containers, with their owners.</summary>
/// <param name="environmentFolder">The environment's folder.</param>
/// <param name="storageFolder">Where what outlives tasks is kept.</param>
/// <param name="storage">Where tasks are.</param>
/// <param name="mode">Whose rights the sandbox has.</param>
internal sealed class SandboxFolders(string environmentFolder, string storageFolder, TaskStorage storage, SandboxMode mode)
{
    private const UnixFileMode ReadableFile =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode Open = (UnixFileMode)0x3ff; // 1777: everyone, sticky

    /// <summary>What all other folders are in.</summary>
    public IReadOnlyList<string> Roots => [environmentFolder, storageFolder];

    public string TaskFolder(string taskId) => storage.FolderOf(taskId);

    public string VolumeFolder(string taskId, string volume) => storage.VolumeFolder(taskId, volume);

    public string LayerFolder(string taskId, string container) => storage.LayerFolder(taskId, container);

    /// <summary>A bind mount volume: empty and root's, or as the first image in start order has it whose VOLUME is what is mounted.</summary>
    public IEnumerable<TaskEntry> Volume(string taskId, string volume, IReadOnlyList<(string Path, ImageDescription Image)> places)
    {
        var folder = VolumeFolder(taskId, volume);
        yield return new(folder, BindVolume.OwnerOf(places.Select(place => (place.Path, place.Image.Volumes))));
        if (places.FirstOrDefault(place => place.Image.VolumePaths.Contains(place.Path)) is (var path, { } image))
        {
            foreach (var entry in image.ContentOf(path).Skip(1))
            {
                yield return new(folder + entry.Path[path.Length..], entry.Owner, entry.Text);
            }
        }
    }

    /// <summary>Folder with the image's <c>passwd</c> and <c>group</c>.</summary>
    public string EtcFolder => Path.Combine(environmentFolder, "etc");

    /// <summary>Makes what all containers see.</summary>
    public void Prepare()
    {
        var users = BuiltInImages.Agent.Users;
        Directory.CreateDirectory(EtcFolder);
        File.WriteAllText(
            Path.Combine(EtcFolder, "passwd"),
            string.Concat(users.Select(user =>
                $"{user.Name}:x:{user.Uid}:{user.Gid}::{user.Home}:{(user.Name is "nobody" ? "/usr/sbin/nologin" : "/bin/bash")}\n")));
        File.WriteAllText(
            Path.Combine(EtcFolder, "group"),
            string.Concat(users.Select(user => $"{(user.Name is "nobody" ? "nogroup" : user.Name)}:x:{user.Gid}:\n")));
        LinuxCalls.Chmod(EtcFolder, BindVolume.Default.Mode);
        LinuxCalls.Chmod(Path.Combine(EtcFolder, "passwd"), ReadableFile);
        LinuxCalls.Chmod(Path.Combine(EtcFolder, "group"), ReadableFile);
    }

    /// <summary>The writable layer of a container: its user's home, /tmp, and the image's content where no mount hides it.</summary>
    public IReadOnlyList<TaskEntry> Layer(string taskId, string container, ImageUser user, IEnumerable<ImageEntry> content) =>
    [
        new(Path.Combine(LayerFolder(taskId, container), "home"), new(user.Uid, user.Gid, BindVolume.Default.Mode)),
        new(Path.Combine(LayerFolder(taskId, container), "tmp"), new(0, 0, Open)),
        .. content.Select(entry => new TaskEntry(ContentFolder(taskId, container, entry.Path), entry.Owner, entry.Text)),
    ];

    /// <summary>Where a path of the image's content is in a container's layer.</summary>
    public string ContentFolder(string taskId, string container, string path) => $"{LayerFolder(taskId, container)}/image{path}";

    /// <summary>Makes directories and files with their owners; each directory comes before what is in it.</summary>
    /// <exception cref="IOException">The disk is full, or the like.</exception>
    public async Task MakeAsync(IReadOnlyList<TaskEntry> entries, CancellationToken ct)
    {
        foreach (var entry in entries)
        {
            if (entry.Text is { } text)
            {
                File.WriteAllText(entry.Path, text);
            }
            else
            {
                Directory.CreateDirectory(entry.Path);
            }
        }

        // What is inside first: the owner of a directory may not be let in any more.
        foreach (var entry in entries.Reverse())
        {
            if (mode.Users is SandboxUsers.Root)
            {
                LinuxCalls.Chown(entry.Path, entry.Owner.Uid, entry.Owner.Gid);
            }

            LinuxCalls.Chmod(entry.Path, entry.Owner.Mode);
        }

        if (mode.Users is SandboxUsers.Rootless)
        {
            foreach (var group in entries
                .Where(entry => entry.Owner is not { Uid: 0, Gid: 0 })
                .GroupBy(entry => (entry.Owner.Uid, entry.Owner.Gid)))
            {
                var (exitCode, output) = await ToolProcess.RunAsync(
                    [.. mode.AsRoot, "chown", $"{group.Key.Uid}:{group.Key.Gid}", "--", .. group.Select(entry => entry.Path)], ct);
                if (exitCode != 0)
                {
                    throw new IOException(output.Trim());
                }
            }

            // The kernel takes the bit away when someone who is not in the folder's group sets it.
            foreach (var entry in entries.Where(entry => entry.Owner.Mode.HasFlag(UnixFileMode.SetGroup)))
            {
                await ToolProcess.RunAsync([.. mode.AsRoot, "chmod", "g+s", "--", entry.Path], ct);
            }
        }
    }
}
