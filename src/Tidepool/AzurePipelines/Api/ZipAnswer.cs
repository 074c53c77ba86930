using System.IO.Compression;
using Microsoft.AspNetCore.Http;

namespace Tidepool.AzurePipelines.Api;

/// <summary>A file that goes into a zip.</summary>
/// <param name="Name">Its path in the zip.</param>
/// <param name="WriteAsync">Writes its content.</param>
internal sealed record PackedFile(string Name, Func<Stream, CancellationToken, Task> WriteAsync);

/// <summary>Answers with files in a zip, written as they are read: nothing is held in memory or on disk for it.</summary>
internal static class ZipAnswer
{
    public const string ContentType = "application/zip";

    /// <param name="name">The zip's own name, without its ending.</param>
    public static async Task WriteAsync(HttpContext http, string name, IEnumerable<PackedFile> files)
    {
        http.Response.ContentType = ContentType;
        http.Response.Headers.ContentDisposition = $"attachment; filename*=UTF-8''{Uri.EscapeDataString(name)}.zip";
        var ct = http.RequestAborted;
        await using var zip = await ZipArchive.CreateAsync(http.Response.Body, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, ct);
        foreach (var file in files)
        {
            await using var target = await zip.CreateEntry(file.Name, CompressionLevel.Fastest).OpenAsync(ct);
            await file.WriteAsync(target, ct);
        }
    }

    /// <summary>Whether a client asks for a form of the answer, by <c>Accept</c> or by <c>$format</c>.</summary>
    public static bool Wants(this HttpContext http, string contentType, string format) =>
        http.QueryText("$format") is { } asked
            ? asked.Equals(format, StringComparison.OrdinalIgnoreCase)
            : http.Request.Headers.Accept.ToString().Contains(contentType, StringComparison.OrdinalIgnoreCase);
}
