using System.Globalization;
using System.IO.Compression;
using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Artifacts;

/// <summary>A run's store of files, which Azure DevOps calls a file container.</summary>
/// <remarks>Source: how agents and their client library call it; the REST reference does not describe it.</remarks>
internal sealed class FileContainer(WireClient client, string project, long id, TimeProvider clock)
{
    /// <summary>Bytes of a file that one call carries, as Microsoft's agent sends them.</summary>
    public const int ChunkSize = 4 * 1024 * 1024;

    /// <summary>A smaller file is not worth packing.</summary>
    private const int LeastPacked = 64 * 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Uploads a file in chunks; one that gets much smaller by it is packed with gzip first, as a whole.</summary>
    /// <param name="path">Path in the container, with slashes.</param>
    public async Task UploadAsync(string path, string file, CancellationToken ct)
    {
        await using var source = File.OpenRead(file);
        var length = source.Length;
        if (length is >= LeastPacked and <= ChunkSize && await PackAsync(source, ct) is { } packed)
        {
            await PutAsync(
                path,
                packed,
                new()
                {
                    ["Content-Encoding"] = "gzip",
                    ["x-tfs-filelength"] = Text(length),
                    ["Content-Range"] = $"bytes 0-{Text(packed.Length - 1)}/{Text(packed.Length)}",
                },
                ct);
            return;
        }
        var buffer = new byte[Math.Min(ChunkSize, length)];
        long at = 0;
        do
        {
            var count = await source.ReadAtLeastAsync(buffer, (int)Math.Min(buffer.Length, length - at), throwOnEndOfStream: false, ct);
            if (count == 0 && length > at)
            {
                throw new IOException($"{file} became shorter while it was uploaded.");
            }
            var range = length == 0 ? [] : new Dictionary<string, string> { ["Content-Range"] = $"bytes {Text(at)}-{Text(at + count - 1)}/{Text(length)}" };
            await PutAsync(path, buffer.AsMemory(0, count), range, ct);
            at += count;
        }
        while (at < length);
    }

    /// <summary>All that is under a folder, folders too.</summary>
    public async Task<IReadOnlyList<FileContainerItem>> ListAsync(string folder, CancellationToken ct) => (await Retry.RunAsync(
        token => client.GetAsync(Address(folder), ProtocolJson.Default.CollectionFileContainerItem, token), Limit, clock, ct))?.Value ?? [];

    /// <summary>Downloads a file; what is in the target's place is replaced once the whole file is here.</summary>
    public async Task DownloadAsync(string path, string target, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var partial = $"{target}.{Guid.NewGuid():N}.partial";
        try
        {
            await Retry.RunAsync(
                async token =>
                {
                    await using var stream = File.Create(partial);
                    await client.DownloadAsync(Address(path), "application/octet-stream", stream, token);
                },
                Limit, clock, ct);
            File.Move(partial, target, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <summary>Null where packing saves less than a tenth.</summary>
    private static async Task<byte[]?> PackAsync(FileStream source, CancellationToken ct)
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await source.CopyToAsync(gzip, ct);
        }
        if (packed.Length < source.Length * 9 / 10)
        {
            return packed.ToArray();
        }
        source.Position = 0;
        return null;
    }

    private Task PutAsync(string path, ReadOnlyMemory<byte> bytes, Dictionary<string, string> headers, CancellationToken ct) =>
        Retry.RunAsync(token => client.PutBytesAsync(Address(path), bytes, headers, token), Limit, clock, ct);

    private string Address(string path) =>
        $"_apis/resources/Containers/{Text(id)}?itemPath={Uri.EscapeDataString(path)}&scope={project}";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
