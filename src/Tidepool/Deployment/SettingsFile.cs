namespace Tidepool.Deployment;

/// <summary>A file of settings that may be missing.</summary>
internal static class SettingsFile
{
    /// <param name="shownPath">The file as messages name it.</param>
    /// <param name="problems">Gets SETTINGS001 where the file is there and cannot be read.</param>
    /// <returns>Its lines; none where it cannot be read; null where it is not there.</returns>
    public static string[]? ReadLines(string path, string shownPath, List<Problem> problems)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(new("SETTINGS001", $"{shownPath} cannot be read: {e.Message}", "Make it a file that you may read."));
            return [];
        }
    }
}

/// <summary>One value of a file, and its line, which counts from 1.</summary>
internal sealed record SettingsEntry(string Value, int Line);
