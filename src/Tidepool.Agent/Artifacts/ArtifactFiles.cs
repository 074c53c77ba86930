namespace Tidepool.Agent.Artifacts;

/// <summary>A file of an artifact.</summary>
/// <param name="Source">Where it is on this machine.</param>
/// <param name="Name">Where it is in the artifact, with slashes.</param>
internal sealed record ArtifactFile(string Source, string Name);

/// <summary>The files that a path on this machine stands for.</summary>
internal static class ArtifactFiles
{
    /// <summary>One file, or all that are in a folder; links to files count, links to folders are not followed.</summary>
    public static IReadOnlyList<ArtifactFile> Of(string path)
    {
        if (File.Exists(path))
        {
            return [new(path, Path.GetFileName(path))];
        }
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false };
        return [.. Directory.EnumerateFiles(path, "*", options).Order(StringComparer.Ordinal)
            .Select(file => new ArtifactFile(file, Path.GetRelativePath(path, file)))];
    }
}
