namespace Tidepool.Rehearsal;

/// <summary>Pipeline files in a user's repository.</summary>
internal static class PipelineFiles
{
    /// <exception cref="ProblemException">The file is missing or cannot be read.</exception>
    public static async Task<string> ReadAsync(string folder, string file, CancellationToken ct)
    {
        var path = Path.GetFullPath(file, folder);
        try
        {
            return await File.ReadAllTextAsync(path, ct);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ProblemException("REHEARSAL004", $"There is no pipeline {path}.", "Name an existing YAML file.");
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new ProblemException("REHEARSAL005", $"The pipeline {path} cannot be read: {e.Message}", "Make it a readable file.");
        }
    }

    /// <summary>A file's path from its repository's root on, or its name where there is no repository.</summary>
    public static string InRepository(string path)
    {
        for (var folder = new FileInfo(path).Directory; folder is not null; folder = folder.Parent)
        {
            if (Path.Exists(Path.Combine(folder.FullName, ".git")))
            {
                return Path.GetRelativePath(folder.FullName, path);
            }
        }

        return Path.GetFileName(path);
    }
}
