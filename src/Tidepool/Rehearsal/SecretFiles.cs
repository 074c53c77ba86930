namespace Tidepool.Rehearsal;

/// <summary>Secrets in files of the user's: an argument is seen by everyone on the machine.</summary>
public static class SecretFiles
{
    private const int LargestFile = 64 * 1024;

    /// <summary>Reads each file's one line.</summary>
    /// <param name="files">Paths by the names of the secret variables.</param>
    /// <exception cref="ProblemException">REHEARSAL009: a file cannot be read, or does not hold one line. No value is in the message.</exception>
    public static IReadOnlyDictionary<string, string> Read(IReadOnlyDictionary<string, string> files) =>
        files.ToDictionary(file => file.Key, file => Read(file.Key, file.Value), StringComparer.OrdinalIgnoreCase);

    private static string Read(string name, string path)
    {
        try
        {
            var text = new FileInfo(path).Length <= LargestFile ? File.ReadAllText(path).TrimEnd('\r', '\n') : "";
            return text.Length > 0 && !text.Contains('\n', StringComparison.Ordinal)
                ? text
                : throw new ProblemException(
                    "REHEARSAL009", $"{path}, for the secret {name}, does not hold one line of at most 64 KiB.", "Write the secret, and nothing else, into the file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("REHEARSAL009", $"{path}, for the secret {name}, cannot be read: {e.Message}", "Name a readable file.");
        }
    }
}
