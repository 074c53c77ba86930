using System.IO.Compression;
using Tidepool.AzurePipelines.Api;

namespace Tidepool.AzurePipelines.Artifacts;

/// <summary>A part of a file, as a client sends it.</summary>
/// <param name="Start">Its first byte's place in the file.</param>
/// <param name="Length">Bytes of this part.</param>
/// <param name="Total">Bytes of the whole file.</param>
internal sealed record FilePart(long Start, long Length, long Total)
{
    /// <summary>Reads <c>Content-Range</c>; null where there is none, which means the whole file.</summary>
    /// <exception cref="WireException">400: it is no range of bytes.</exception>
    public static FilePart? Parse(string? header)
    {
        if (string.IsNullOrEmpty(header))
        {
            return null;
        }

        return header.Split(' ', '-', '/') is ["bytes", var first, var last, var all]
            && long.TryParse(first, out var from) && long.TryParse(last, out var to) && long.TryParse(all, out var total)
            && from >= 0 && to >= from && to < total
                ? new(from, to - from + 1, total)
                : throw Refusal.BadRequest($"Content-Range is '{header}', no range of bytes.");
    }
}

/// <summary>A file or a folder of a container.</summary>
internal sealed record StoredItem(string Path, FileSystemInfo Info)
{
    public bool IsFolder => Info is DirectoryInfo;
}

/// <summary>The file containers of runs, one folder each; a container has its run's id.</summary>
/// <param name="folder">Where they are; null: files are refused.</param>
internal sealed class FileContainers(string? folder)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(long Container, string Path), Upload> _uploads = [];

    /// <summary>Puts a part of a file, or all of it. The file is there when its last part is.</summary>
    /// <param name="container">The container's id.</param>
    /// <param name="path">The file's path in it.</param>
    /// <param name="part">Which part; null for the whole.</param>
    /// <param name="isGzip">The parts make a gzip, which is unpacked at the end.</param>
    /// <param name="content">The part's bytes.</param>
    /// <param name="ct">Ends the upload; the file may be sent again.</param>
    /// <returns>Whether the file is whole.</returns>
    /// <exception cref="WireException">The path is taken by a folder, or parts do not fit together.</exception>
    /// <exception cref="ProblemException">SERVICE006: there is no room.</exception>
    public async Task<bool> PutAsync(long container, ItemPath path, FilePart? part, bool isGzip, Stream content, CancellationToken ct)
    {
        if (path.IsRoot)
        {
            throw Refusal.BadRequest("The item has no path.");
        }

        Upload upload;
        lock (_gate)
        {
            if (part is null || !_uploads.TryGetValue((container, path.Text), out upload!) || upload.Total != part.Total)
            {
                _uploads[(container, path.Text)] = upload = new(Path.Combine(Root(), "parts", Unguessable.Hex(16)), part?.Total);
            }
        }

        try
        {
            return await PutAsync(container, path, upload, part, isGzip, content, ct);
        }
        catch (Exception e) when (e is UnauthorizedAccessException || (e is IOException and not (Microsoft.AspNetCore.Http.BadHttpRequestException or FileNotFoundException)))
        {
            throw new ProblemException("SERVICE006", $"The file {path.Text} has no place: {e.Message}", "Free space on that disk.");
        }
    }

    /// <summary>A file or a folder; null where there is none.</summary>
    public StoredItem? Find(long container, ItemPath path)
    {
        var place = Place(container, path);
        return File.Exists(place) ? new(path.Text, new FileInfo(place))
            : Directory.Exists(place) ? new(path.Text, new DirectoryInfo(place))
            : null;
    }

    /// <summary>Everything below a folder, in the order of its paths; of a file, itself.</summary>
    public IReadOnlyList<StoredItem> List(long container, ItemPath path)
    {
        var root = Place(container, ItemPath.Parse(null));
        return Find(container, path) switch
        {
            null => [],
            { IsFolder: false } file => [file],
            { Info: DirectoryInfo found } => [.. found.EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
                .Select(info => new StoredItem(Path.GetRelativePath(root, info.FullName), info))
                .OrderBy(item => item.Path, StringComparer.Ordinal)],
            var other => throw new InvalidOperationException($"Unhandled item {other}."),
        };
    }

    /// <summary>Removes a file, or a folder and all in it; one that is gone is no error.</summary>
    public void Remove(long container, ItemPath path)
    {
        switch (Find(container, path)?.Info)
        {
            case FileInfo file:
                file.Delete();
                break;
            case DirectoryInfo found:
                found.Delete(recursive: true);
                break;
        }
    }

    /// <summary>Removes a container and all in it.</summary>
    public void Remove(long container)
    {
        lock (_gate)
        {
            foreach (var key in _uploads.Keys.Where(key => key.Container == container).ToList())
            {
                _uploads.Remove(key);
            }
        }

        if (folder is not null && Path.Combine(folder, $"{container}") is var place && Directory.Exists(place))
        {
            Directory.Delete(place, recursive: true);
        }
    }

    private async Task<bool> PutAsync(
        long container, ItemPath path, Upload upload, FilePart? part, bool isGzip, Stream content, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(upload.File)!);
        await using (var file = new FileStream(upload.File, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = part?.Start ?? 0;
            var start = file.Position;
            await content.CopyToAsync(file, ct);
            if (part is not null && file.Position - start != part.Length)
            {
                throw Refusal.BadRequest($"The part has {file.Position - start} bytes, and its Content-Range says {part.Length}.");
            }
        }

        lock (_gate)
        {
            if (!upload.IsWholeWith(part))
            {
                return false;
            }

            _uploads.Remove((container, path.Text));
        }

        await FinishAsync(Place(container, path), upload.File, isGzip, path, ct);
        return true;
    }

    private static async Task FinishAsync(string place, string sent, bool isGzip, ItemPath path, CancellationToken ct)
    {
        try
        {
            if (isGzip)
            {
                var plain = $"{sent}.plain";
                await using (var source = new GZipStream(File.OpenRead(sent), CompressionMode.Decompress))
                await using (var target = File.Create(plain))
                {
                    await source.CopyToAsync(target, ct);
                }

                File.Move(plain, sent, overwrite: true);
            }

            if (Directory.Exists(place) || AboveIsFile(place))
            {
                throw Refusal.Conflict($"{path.Text} is a folder, or a folder of it is a file.");
            }

            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.Move(sent, place, overwrite: true);
        }
        finally
        {
            File.Delete(sent);
            File.Delete($"{sent}.plain");
        }
    }

    private static bool AboveIsFile(string place)
    {
        for (var above = Path.GetDirectoryName(place); above is { Length: > 1 } && !Directory.Exists(above); above = Path.GetDirectoryName(above))
        {
            if (File.Exists(above))
            {
                return true;
            }
        }

        return false;
    }

    private string Root() => folder ?? throw Refusal.BadRequest("This service has no folder for artifacts.");

    private string Place(long container, ItemPath path) => Path.Combine(Root(), $"{container}", path.Text);

    /// <summary>A file that comes in parts.</summary>
    private sealed class Upload(string file, long? total)
    {
        private readonly List<(long Start, long End)> _have = [];

        public string File => file;

        public long? Total => total;

        /// <summary>Notes a part; whether all of the file is there with it.</summary>
        public bool IsWholeWith(FilePart? part)
        {
            if (part is null)
            {
                return true;
            }

            _have.Add((part.Start, part.Start + part.Length));
            long reached = 0;
            foreach (var (start, end) in _have.Order())
            {
                if (start > reached)
                {
                    return false;
                }

                reached = Math.Max(reached, end);
            }

            return reached == total;
        }
    }
}
