using Tidepool.Pipelines;

namespace Tidepool.Rehearsal;

/// <summary>Pipeline files in a user's repository.</summary>
internal static class PipelineFiles
{
    /// <summary>The pipeline of a file, with the templates beside it.</summary>
    /// <param name="folder">What the file's path is relative to.</param>
    /// <param name="file">The file.</param>
    /// <param name="parameters">Values of its parameters.</param>
    /// <param name="repositories">Folders of other repositories, by alias; null for none.</param>
    /// <exception cref="ProblemException">The file is missing or cannot be read.</exception>
    public static PipelineSource Source(
        string folder, string file, IReadOnlyDictionary<string, string> parameters, IReadOnlyDictionary<string, string>? repositories = null)
    {
        var path = Path.GetFullPath(file, folder);
        try
        {
            File.OpenRead(path).Dispose();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ProblemException("REHEARSAL004", $"There is no pipeline {path}.", "Name an existing YAML file.");
        }
        catch (UnauthorizedAccessException) when (Directory.Exists(path))
        {
            throw new ProblemException("REHEARSAL005", $"The pipeline {path} is a folder.", "Name the YAML file in it.");
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new ProblemException("REHEARSAL005", $"The pipeline {path} cannot be read: {e.Message}", "Make it a readable file.");
        }

        return new()
        {
            File = $"/{InRepository(path)}",
            Files = new FolderFiles(new Dictionary<string, string>(repositories ?? new Dictionary<string, string>()) { ["self"] = RootOf(path) }),
            Parameters = parameters,
        };
    }

    /// <summary>A file's path from its repository's root on, or its name where there is no repository.</summary>
    public static string InRepository(string path) => Path.GetRelativePath(RootOf(path), path);

    /// <summary>The working tree that a file lies in, or its folder where there is no repository.</summary>
    public static string RootOf(string path)
    {
        for (var folder = new FileInfo(path).Directory; folder is not null; folder = folder.Parent)
        {
            if (Path.Exists(Path.Combine(folder.FullName, ".git")))
            {
                return folder.FullName;
            }
        }

        return Path.GetDirectoryName(path) ?? "/";
    }
}
