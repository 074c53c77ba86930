using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate.Volumes;

/// <summary>Makes disk images, where this machine lets Tidepool.</summary>
internal sealed class DiskImages
{
    // mkfs is there where PATH of an ordinary user does not look.
    private const string ToolFolders = "/usr/sbin:/sbin";

    private const long ProbeBytes = 16L * 1024 * 1024;

    private readonly IReadOnlyDictionary<DiskFileSystem, string> _tools;

    private DiskImages(IReadOnlyDictionary<DiskFileSystem, string> tools, string? obstacle) => (_tools, Obstacle) = (tools, obstacle);

    /// <summary>Why there are none here, as the end of a sentence; null where they can be made and mounted.</summary>
    public string? Obstacle { get; }

    /// <summary>Finds out by trying.</summary>
    /// <param name="folder">A folder for the try; nothing stays in it.</param>
    /// <param name="searchPath">Folders with tools, separated by colons, as in PATH.</param>
    /// <param name="ct">Ends the try.</param>
    public static async Task<DiskImages> FindAsync(string folder, string searchPath, CancellationToken ct)
    {
        var folders = $"{searchPath}:{ToolFolders}".Split(':', StringSplitOptions.RemoveEmptyEntries);
        var tools = Enum.GetValues<DiskFileSystem>()
            .Select(type => (type, Tool: folders.Select(path => Path.Combine(path, $"mkfs.{DiskImage.NameOf(type)}")).FirstOrDefault(File.Exists)))
            .Where(found => found.Tool is not null)
            .ToDictionary(found => found.type, found => found.Tool!);
        if (LinuxCalls.EffectiveUid != 0)
        {
            return new(tools, "only root can mount one");
        }

        if (!tools.ContainsKey(DiskFileSystem.Ext4))
        {
            return new(tools, "there is no mkfs.ext4 (package e2fsprogs)");
        }

        var images = new DiskImages(tools, null);
        var (file, point) = (Path.Combine(folder, "disk.try"), Path.Combine(folder, "disk"));
        try
        {
            var image = await images.MakeAsync(file, ProbeBytes, DiskFileSystem.Ext4, ct);
            image.Mount(point);
            DiskImage.Unmount(point);
            return images;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(tools, $"this machine does not let it be mounted ({e.Message.ReplaceLineEndings(" ")})");
        }
        finally
        {
            File.Delete(file);
            if (Directory.Exists(point))
            {
                Directory.Delete(point);
            }
        }
    }

    /// <summary>Makes a disk image with an empty file system.</summary>
    /// <param name="file">The file; it must not be there.</param>
    /// <param name="bytes">Size of the disk. It takes what is written to it and, at first, up to 65 MiB for XFS, a few for ext4.</param>
    /// <param name="fileSystem">Type of the file system.</param>
    /// <param name="ct">Ends the making; nothing is left then.</param>
    /// <exception cref="IOException">The tool is missing or fails, or the disk is too large for the file system below; holds which.</exception>
    public Task<DiskImage> MakeAsync(string file, long bytes, DiskFileSystem fileSystem, CancellationToken ct) =>

        // Discarding a file's holes costs nothing and tells mkfs.ext4 that they are zeroes, so that the kernel does not write them later on.
        MakeAsync(file, bytes, fileSystem, fileSystem is DiskFileSystem.Xfs ? [] : ["-F", "-E", "discard,lazy_journal_init=1"], ct);

    /// <summary>Makes a disk image that nobody looks at after a crash: ext4 without a journal, all of it for everyone.</summary>
    /// <exception cref="IOException">As for the others.</exception>
    public Task<DiskImage> MakeScratchAsync(string file, long bytes, CancellationToken ct) =>
        MakeAsync(file, bytes, DiskFileSystem.Ext4, ["-F", "-m", "0", "-O", "^has_journal,^resize_inode", "-E", "discard"], ct);

    private async Task<DiskImage> MakeAsync(string file, long bytes, DiskFileSystem fileSystem, IReadOnlyList<string> options, CancellationToken ct)
    {
        var name = DiskImage.NameOf(fileSystem);
        if (!_tools.TryGetValue(fileSystem, out var tool))
        {
            throw new IOException($"there is no mkfs.{name} (package {(fileSystem is DiskFileSystem.Xfs ? "xfsprogs" : "e2fsprogs")})");
        }

        var made = false;
        try
        {
            using (var disk = new FileStream(file, FileMode.CreateNew))
            {
                disk.SetLength(bytes);
            }

            var (exitCode, output) = await ToolProcess.RunAsync([tool, "-q", .. options, file], ct);
            made = exitCode == 0 ? true : throw new IOException($"mkfs.{name}: {output.Trim().ReplaceLineEndings(" ")}");
            return new(file, fileSystem);
        }
        finally
        {
            if (!made)
            {
                File.Delete(file);
            }
        }
    }
}
