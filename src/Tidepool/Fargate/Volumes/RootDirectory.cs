namespace Tidepool.Fargate.Volumes;

/// <summary>Finds folders of a file system by their paths in it. A link is no folder: a task could have it lead out of the file system.</summary>
internal static class RootDirectory
{
    /// <summary>The folder of this machine; null when it is not there.</summary>
    public static string? Find(string data, string path) => Missing(data, path) is { Count: 0 } ? Path.Combine([data, .. Segments(path)]) : null;

    /// <summary>The folders of a path that are not there, the uppermost first; null when the path leads out of the file system or over what is no folder.</summary>
    public static IReadOnlyList<string>? Missing(string data, string path)
    {
        var (folder, missing) = (data, new List<string>());
        foreach (var segment in Segments(path))
        {
            folder = Path.Combine(folder, segment);
            var there = new DirectoryInfo(folder);
            if (segment is ".." || there.LinkTarget is not null || File.Exists(folder))
            {
                return null;
            }

            if (!there.Exists)
            {
                missing.Add(folder);
            }
        }

        return missing;
    }

    private static IEnumerable<string> Segments(string path) => path.Split('/').Where(segment => segment is not ("" or "."));
}
