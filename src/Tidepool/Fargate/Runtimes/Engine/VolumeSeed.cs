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
    /// <param name="client">The engine.</param>
    /// <param name="target">A container in which the folder of volumes is mounted.</param>
    /// <param name="folder">Its path there.</param>
    /// <param name="volumes">By name, a container of the image that seeds the volume and the path in it; null for an empty volume.</param>
    /// <param name="ct">Ends the copying.</param>
    public static async Task WriteAsync(
        DockerClient client, string target, string folder, IReadOnlyDictionary<string, (string Container, string Path)?> volumes, CancellationToken ct)
    {
        var pipe = new Pipe();
        var writing = WriteAsync(client, volumes, pipe.Writer, ct);
        try
        {
            await client.Containers.ExtractArchiveToContainerAsync(target, new CopyToContainerParameters { Path = folder }, pipe.Reader.AsStream(), ct);
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
        }

        await writing;
    }

    private static async Task WriteAsync(
        DockerClient client, IReadOnlyDictionary<string, (string Container, string Path)?> volumes, PipeWriter output, CancellationToken ct)
    {
        try
        {
            await using var stream = output.AsStream(leaveOpen: true);
            await using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
            {
                foreach (var (name, seed) in volumes)
                {
                    if (seed is not var (container, path) || !await CopyAsync(client, container, path, name, tar, ct))
                    {
                        await tar.WriteEntryAsync(
                            new PaxTarEntry(TarEntryType.Directory, $"{name}/")
                            {
                                Uid = BindVolume.Default.Uid, Gid = BindVolume.Default.Gid, Mode = BindVolume.Default.Mode,
                            },
                            ct);
                    }
                }
            }

            await output.CompleteAsync();
        }
        catch (Exception e)
        {
            // The engine must not take half a volume for a whole one.
            await output.CompleteAsync(e);
            throw;
        }
    }

    // False when the path is no directory there, a symbolic link for one: then Fargate copies nothing (inferred from users' reports).
    private static async Task<bool> CopyAsync(DockerClient client, string container, string path, string name, TarWriter to, CancellationToken ct)
    {
        var archive = await client.Containers.GetArchiveFromContainerAsync(container, new ContainerPathStatParameters { Path = path }, false, ct);
        await using var content = archive.Stream!;
        await using var tar = new TarReader(content);
        if (await tar.GetNextEntryAsync(copyData: false, ct) is not { EntryType: TarEntryType.Directory } root)
        {
            return false;
        }

        var top = root.Name.TrimEnd('/');
        for (var entry = root; entry is not null; entry = await tar.GetNextEntryAsync(copyData: false, ct))
        {
            entry.Name = Moved(entry.Name);
            if (entry.EntryType is TarEntryType.HardLink)
            {
                entry.LinkName = Moved(entry.LinkName);
            }

            await to.WriteEntryAsync(entry, ct);
        }

        return true;

        string Moved(string inImage) => $"{name}{inImage[top.Length..]}";
    }
}
