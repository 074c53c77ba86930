using System.Formats.Tar;
using System.IO.Pipelines;
using Docker.DotNet;
using Docker.DotNet.Models;
using Tidepool.Storage;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>
/// Makes the volumes of a task through the engine, which alone may give files to any owner: empty and root's, or with content, owner and
/// mode of an image's directory where its <c>VOLUME</c> is what is mounted.
/// </summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html</remarks>
internal static class VolumeSeed
{
    private const long LongestInMemory = 1 << 20;
    private const int SizeOfBuffer = 1 << 16;

    /// <param name="client">The engine.</param>
    /// <param name="target">A container in which the folder of volumes is mounted.</param>
    /// <param name="folder">Its path there.</param>
    /// <param name="volumes">By name, a container of the image that seeds the volume and the path in it; null for an empty volume.</param>
    /// <param name="ct">Ends the copying.</param>
    public static async Task WriteAsync(
        DockerClient client, string target, string folder, IReadOnlyDictionary<string, (string Container, string Path)?> volumes, CancellationToken ct)
    {
        // To its end before the engine is told to write: it does one thing with a container at a time, and what is read may be what is written to.
        // And it must not take half a volume for a whole one.
        await using var archive = TemporaryFile();
        await using (var tar = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, seed) in volumes)
            {
                if (seed is not var (container, path) || !await CopyAsync(client, container, path, name, tar, ct))
                {
                    await tar.WriteEntryAsync(
                        new PaxTarEntry(TarEntryType.Directory, $"{name}/")
                        {
                            Uid = BindVolume.Default.Uid,
                            Gid = BindVolume.Default.Gid,
                            Mode = BindVolume.Default.Mode,
                        },
                        ct);
                }
            }
        }

        archive.Position = 0;
        await client.Containers.ExtractArchiveToContainerAsync(target, new CopyToContainerParameters { Path = folder }, archive, ct);
    }

    // False when the path is no directory there, a symbolic link for one: then Fargate copies nothing (inferred from users' reports).
    private static async Task<bool> CopyAsync(DockerClient client, string container, string path, string name, TarWriter to, CancellationToken ct)
    {
        var archive = await client.Containers.GetArchiveFromContainerAsync(container, new ContainerPathStatParameters { Path = path }, false, ct);

        // The client's stream fails when it is asked for no bytes, as a tar's reader does at the end of each file; a pipe does not pass that on.
        await using var content = PipeReader.Create(archive.Stream!).AsStream();
        await using var tar = new TarReader(content);
        if (await tar.GetNextEntryAsync(copyData: false, ct) is not { EntryType: TarEntryType.Directory } root)
        {
            return false;
        }

        var top = root.Name.TrimEnd('/');
        for (var entry = root; entry is not null; entry = await tar.GetNextEntryAsync(copyData: false, ct))
        {
            await using var data = await SpoolAsync(entry, ct);
            if (data is not null)
            {
                // Not into the copy: the reader goes on from the entry that it gave.
                entry.DataStream = data;
            }

            var moved = new PaxTarEntry(entry) { Name = Moved(entry.Name) };
            if (entry.EntryType is TarEntryType.HardLink)
            {
                moved.LinkName = Moved(entry.LinkName);
            }

            await to.WriteEntryAsync(moved, ct);
        }

        return true;

        string Moved(string inImage) => $"{name}{inImage[top.Length..]}";
    }

    // A tar that is written to a stream wants to know each file's length, and so to seek.
    private static async Task<Stream?> SpoolAsync(TarEntry entry, CancellationToken ct)
    {
        if (entry.DataStream is not { } data)
        {
            return null;
        }

        Stream spool = entry.Length <= LongestInMemory
            ? new MemoryStream((int)entry.Length)
            : TemporaryFile();
        await data.CopyToAsync(spool, ct);
        spool.Position = 0;
        return spool;
    }

    private static FileStream TemporaryFile() =>
        new(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, SizeOfBuffer, FileOptions.DeleteOnClose);
}
