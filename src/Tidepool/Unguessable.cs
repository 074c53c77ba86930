namespace Tidepool;

/// <summary>Text and bytes that nobody can guess, from the kernel's random source.</summary>
/// <remarks>
/// What <see cref="System.Security.Cryptography.RandomNumberGenerator"/> gives is as good, and loads OpenSSL for it: 6 MB in a process that
/// has no other use for it. The source is that of https://man7.org/linux/man-pages/man4/urandom.4.html.
/// </remarks>
internal static class Unguessable
{
    /// <summary>Lowercase hex digits, two for each byte.</summary>
    public static string Hex(int bytes) => Convert.ToHexStringLower(Bytes(bytes));

    public static byte[] Bytes(int count)
    {
        var random = new byte[count];
        using var source = File.OpenHandle("/dev/urandom");
        for (var read = 0; read < count;)
        {
            // Not at an offset: the source has none.
            read += RandomAccess.Read(source, random.AsSpan(read), 0);
        }

        return random;
    }
}
