using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>Ids that follow from names, so that the same node has the same id in every run.</summary>
/// <remarks>A name-based GUID, version 5. Source: https://www.rfc-editor.org/rfc/rfc9562#section-5.5</remarks>
internal static class RecordId
{
    private static readonly byte[] Namespace = new Guid("9d4a1c9e-6c0b-5a0e-8f3d-2b7c51e0a6d4").ToByteArray(bigEndian: true);

    /// <summary>Of a node in one of its attempts; the first is 1.</summary>
    public static Guid OfAttempt(int attempt, params ReadOnlySpan<string> path) => Of(PathOf(attempt, path));

    /// <summary>The path of a node; a further attempt ends in its number, as on the service.</summary>
    public static string PathOf(int attempt, params ReadOnlySpan<string> path) =>
        attempt == 1 ? string.Join('.', path) : string.Create(CultureInfo.InvariantCulture, $"{string.Join('.', path)}.{attempt}");

    public static Guid Of(params ReadOnlySpan<string> path)
    {
        var name = Encoding.UTF8.GetBytes(string.Join('.', path).ToLowerInvariant());
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // Version 5 GUIDs are SHA-1 by definition; nothing secret hangs on it.
        SHA1.HashData([.. Namespace, .. name], hash);
#pragma warning restore CA5350
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
