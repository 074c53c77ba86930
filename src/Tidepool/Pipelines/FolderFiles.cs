namespace Tidepool.Pipelines;

/// <summary>Pipelines and templates in folders of this machine. No path, and no symbolic link, leads out of a repository's folder.</summary>
/// <param name="folders">The folder of each repository's working tree, by alias; <c>self</c> for the pipeline's own. Aliases ignore case.</param>
public sealed class FolderFiles(IReadOnlyDictionary<string, string> folders) : IPipelineFiles
{
    /// <summary>What errors say of a repository that has no folder.</summary>
    internal const string NoFolder = "for which no folder is given";

    private const long LargestFile = 4 * 1024 * 1024;

    // As Linux allows.
    private const int MostLinks = 40;

    /// <inheritdoc/>
    /// <exception cref="ProblemException">PIPELINE005: the file is too large, or cannot be read.</exception>
    public string? Read(string repository, string path)
    {
        if (FolderOf(repository) is not { } folder || Find(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)), path) is not { } file)
        {
            return null;
        }
        try
        {
            var facts = new FileInfo(file);
            return facts.Length <= LargestFile
                ? File.ReadAllText(file)
                : throw new ProblemException(
                    "PIPELINE005", $"{file} has {facts.Length} bytes.", $"Keep a pipeline's file to {LargestFile / 1024 / 1024} MiB.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("PIPELINE005", $"{file} cannot be read: {e.Message}", "Make it a readable file.");
        }
    }

    /// <inheritdoc/>
    public string Describe(string repository) => FolderOf(repository) is { } folder
        ? $"repository {repository} ({folder})"
        : $"repository {repository}, {NoFolder}";

    private string? FolderOf(string repository) =>
        folders.FirstOrDefault(f => f.Key.Equals(repository, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>The real path of a file; null when there is none, or it lies outside.</summary>
    private static string? Find(string root, string path)
    {
        var ahead = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        List<string> walked = [];
        var links = 0;
        while (ahead.TryPop(out var part))
        {
            if (part == "..")
            {
                if (walked.Count == 0)
                {
                    return null;
                }
                walked.RemoveAt(walked.Count - 1);
            }
            else if (part != ".")
            {
                var target = new FileInfo(Path.Combine([root, .. walked, part])).LinkTarget;
                if (target is null)
                {
                    walked.Add(part);
                    continue;
                }
                if (++links > MostLinks || (Path.IsPathRooted(target) && !target.StartsWith(root + "/", StringComparison.Ordinal)))
                {
                    return null;
                }
                if (Path.IsPathRooted(target))
                {
                    (target, walked) = (target[root.Length..], []);
                }
                foreach (var step in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
                {
                    ahead.Push(step);
                }
            }
        }
        var found = Path.Combine([root, .. walked]);
        return File.Exists(found) ? found : null;
    }
}
