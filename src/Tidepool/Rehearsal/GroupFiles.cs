using Tidepool.Pipelines;

namespace Tidepool.Rehearsal;

/// <summary>Variable groups in files of the user's.</summary>
public static class GroupFiles
{
    /// <summary>What to do about a group that no file is given for.</summary>
    internal const string Mend = "Give its variables with --variable-group NAME=FILE.";

    private const int LargestFile = 1024 * 1024;

    /// <summary>Reads each file's variables.</summary>
    /// <param name="files">Paths by the names of the groups, which ignore case.</param>
    /// <param name="needsSecrets">Whether every secret must have its value.</param>
    /// <exception cref="ProblemException">
    /// GROUP001: a file cannot be read. GROUP002: it is no variable group. GROUP003: a secret has no value. No value is in the message.
    /// </exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> Read(IReadOnlyDictionary<string, string> files, bool needsSecrets) =>
        files.ToDictionary(
            file => file.Key,
            file => VariableGroupText.Parse(file.Key, file.Value, TextOf(file.Key, file.Value), needsSecrets),
            StringComparer.OrdinalIgnoreCase);

    private static string TextOf(string name, string path)
    {
        try
        {
            return new FileInfo(path).Length <= LargestFile
                ? File.ReadAllText(path)
                : throw new ProblemException("GROUP001", $"{path}, for the variable group {name}, is larger than 1 MiB.", "Name a file of variables.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("GROUP001", $"{path}, for the variable group {name}, cannot be read: {e.Message}", "Name a readable file.");
        }
    }
}
