namespace Tidepool.AzurePipelines.Repositories;

/// <summary>What a snapshot needs to know of the user's repository.</summary>
internal sealed record SourceRepository
{
    public required string TopLevel { get; init; }
    public required string ObjectsFolder { get; init; }
    public required string IndexFile { get; init; }
    public required string ShallowFile { get; init; }
    public required string ObjectFormat { get; init; }
    public required string Name { get; init; }

    /// <summary>Null when HEAD is detached.</summary>
    public string? Branch { get; init; }

    /// <summary>Null when there is no commit yet.</summary>
    public string? Head { get; init; }
    public string? Tree { get; init; }

    /// <summary>First line of the last commit's message.</summary>
    public string Subject { get; init; } = "";

    /// <exception cref="ProblemException">SERVICE004: the folder is not in a working tree.</exception>
    public static async Task<SourceRepository> FindAsync(string folder, CancellationToken ct)
    {
        if (!Directory.Exists(folder))
        {
            throw new ProblemException("SERVICE004", $"There is no folder {folder}.", "Name a folder of a git repository.");
        }

        // Each of these paths is relative to the folder, or absolute; worktrees keep some of them elsewhere.
        var paths = await GitProcess.RunAsync(
            SnapshotGit.NoEnvironment,
            [
                "-C", folder, "rev-parse", "--show-toplevel", "--show-object-format",
                "--git-path", "objects", "--git-path", "index", "--git-path", "shallow",
            ],
            input: null,
            ct);
        if (paths.ExitCode != 0 || paths.Output.TrimEnd('\n').Split('\n') is not [var top, var format, var objects, var index, var shallow])
        {
            throw new ProblemException(
                "SERVICE004",
                $"{Path.GetFullPath(folder)} is not in the working tree of a git repository: {paths.Errors}",
                "Run this in a clone, or make one of the folder with git init.");
        }

        var branch = await TryAsync(folder, ["symbolic-ref", "--quiet", "HEAD"], ct);
        var head = await TryAsync(folder, ["log", "-1", "--no-show-signature", "--format=%H%n%T%n%s", "HEAD", "--"], ct) ?? "";
        var origin = await TryAsync(folder, ["config", "--get", "remote.origin.url"], ct);
        var known = new SourceRepository
        {
            TopLevel = top,
            ObjectsFolder = Path.GetFullPath(objects, Path.GetFullPath(folder)),
            IndexFile = Path.GetFullPath(index, Path.GetFullPath(folder)),
            ShallowFile = Path.GetFullPath(shallow, Path.GetFullPath(folder)),
            ObjectFormat = format,
            Name = NameOf(origin, top),
            Branch = branch,
        };
        return head.Split('\n') is [var commit, var tree, .. var subject]
            ? known with { Head = commit, Tree = tree, Subject = string.Join(' ', subject) }
            : known;
    }

    internal static string NameOf(string? origin, string topLevel)
    {
        var end = (origin ?? "").TrimEnd('/').Split('/', ':')[^1];
        var name = end.EndsWith(".git", StringComparison.Ordinal) ? end[..^".git".Length] : end;

        // It becomes a segment of a URL, where "." and ".." would be resolved away: a clone of "." has such an origin.
        return name is "" or "." or ".." ? Path.GetFileName(topLevel) : name;
    }

    private static async Task<string?> TryAsync(string folder, IEnumerable<string> arguments, CancellationToken ct)
    {
        var answer = await GitProcess.RunAsync(SnapshotGit.NoEnvironment, ["-C", folder, .. arguments], input: null, ct);
        return answer.ExitCode == 0 ? answer.Output.TrimEnd('\n') : null;
    }
}
