using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate.Volumes;

/// <summary>Types of file systems in disk images, as ECS and the kernel spell them in lower case.</summary>
internal enum DiskFileSystem
{
    Ext3,
    Ext4,
    Xfs,
}

/// <summary>A sparse file that holds a file system: a disk of a real size that takes only what is written to it.</summary>
/// <param name="File">The file.</param>
/// <param name="FileSystem">Type of the file system in it.</param>
internal sealed record DiskImage(string File, DiskFileSystem FileSystem)
{
    /// <summary>Mounts it at a folder, which is made when it is missing.</summary>
    /// <remarks>
    /// Device files have no effect. setuid files have: they do on a disk of Fargate. No one else of this machine reaches them, as the folders
    /// of environments are closed to others.
    /// </remarks>
    /// <exception cref="IOException">It cannot be mounted; holds the kernel's reason.</exception>
    public void Mount(string folder)
    {
        Directory.CreateDirectory(folder);

        // XFS refuses two file systems with one id, and two disks of one snapshot have one.
        LoopDevice.Mount(File, folder, NameOf(FileSystem), FileSystem is DiskFileSystem.Xfs ? "nouuid" : "");
    }

    /// <summary>Mounts it when its file was made longer than its file system, which then takes the whole of it.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="IOException">It cannot grow or be mounted; holds the tool's words or the kernel's reason.</exception>
    public async Task MountGrownAsync(string folder, CancellationToken ct)
    {
        if (FileSystem is DiskFileSystem.Xfs)
        {
            // XFS grows where it is mounted only.
            Mount(folder);
            await ToolAsync(0, ct, "xfs_growfs", folder);
            return;
        }

        // ext4 would grow where it is mounted too, but that takes one more right of root. The exit code 1 of its check is a journal that was replayed.
        await ToolAsync(1, ct, "e2fsck", "-f", "-p", File);
        await ToolAsync(0, ct, "resize2fs", File);
        Mount(folder);
    }

    /// <summary>Unmounts it from a folder, and removes the folder. The file stays.</summary>
    /// <exception cref="IOException">It stays mounted.</exception>
    public static void Unmount(string folder)
    {
        Mounts.Unmount(folder);
        Directory.Delete(folder);
    }

    /// <summary>The type as ECS and the kernel spell it.</summary>
    public static string NameOf(DiskFileSystem fileSystem) => fileSystem.ToString().ToLowerInvariant();

    private static async Task ToolAsync(int highestCode, CancellationToken ct, params string[] command)
    {
        var (exitCode, output) = await ToolProcess.RunAsync(["/usr/bin/env", .. command], ct);
        if (exitCode > highestCode)
        {
            throw new IOException($"{command[0]}: {output.Trim().ReplaceLineEndings(" ")}");
        }
    }
}
