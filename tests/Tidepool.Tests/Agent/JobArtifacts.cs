using System.Collections.Concurrent;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Tidepool.AgentProtocol;

namespace Tidepool.Tests.Agent;

/// <summary>The artifacts of a run and the files in its container, as the agent sent them.</summary>
internal sealed class JobArtifacts
{
    public ConcurrentDictionary<string, MemoryStream> Files { get; } = new();
    public ConcurrentDictionary<string, BuildArtifact> Artifacts { get; } = new();

    public BuildArtifact AddArtifact(BuildArtifact artifact) => Artifacts[artifact.Name] = artifact with { Id = Artifacts.Count + 1 };

    public object Put(HttpContext http, byte[] bytes)
    {
        if (http.Request.Headers.ContentEncoding == "gzip")
        {
            using var unpacked = new MemoryStream();
            using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            gzip.CopyTo(unpacked);
            bytes = unpacked.ToArray();
        }
        var file = Files.GetOrAdd(http.Request.Query["itemPath"]!, _ => new());
        lock (file)
        {
            file.Write(bytes);
        }
        return new { };
    }

    public object? GetItem(HttpContext http)
    {
        var path = http.Request.Query["itemPath"].ToString();
        return http.Request.Headers.Accept.ToString().StartsWith("application/octet-stream", StringComparison.Ordinal)
            ? Files[path].ToArray()
            : JobServer.List(Files.Where(file => file.Key.StartsWith($"{path}/", StringComparison.Ordinal))
                .Select(file => new { containerId = 3, path = file.Key, itemType = "file", fileLength = file.Value.Length }));
    }
}
