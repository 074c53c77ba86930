namespace Tidepool.AzurePipelines.Repositories;

/// <summary>A user's repository as it stands, with uncommitted and untracked (not ignored) files, in a bare one beside it.</summary>
/// <param name="Commit">The commit to run: the user's HEAD, or one on top of it that holds the uncommitted files.</param>
/// <param name="Branch">As in <c>refs/heads/main</c>; <c>refs/heads/detached</c> when HEAD is on no branch.</param>
/// <param name="Name">The repository's name: the end of its origin's URL, or its folder's name.</param>
/// <param name="Message">The subject of the user's last commit, and how many files are not committed.</param>
/// <param name="DirtyCount">How many files differ from the user's last commit.</param>
/// <param name="Tree">All files, as git names them: two snapshots of the same files have the same.</param>
public sealed record RepositorySnapshot(string Commit, string Branch, string Name, string Message, int DirtyCount, string Tree)
{
    private const string DetachedBranch = "refs/heads/detached";

    /// <summary>
    /// Takes a snapshot. New objects are written into the target only, which borrows all others from the user's object store;
    /// the user's branches, index, objects, configuration and files stay as they are, and no hook runs.
    /// </summary>
    /// <param name="workingFolder">A folder of the user's working tree.</param>
    /// <param name="targetBareFolder">The bare repository to make, or one that an earlier snapshot of the same working tree made.</param>
    /// <exception cref="ProblemException">
    /// SERVICE003: no git. SERVICE004: not a working tree. SERVICE005: git could not read the files; the message holds its words.
    /// </exception>
    public static async Task<RepositorySnapshot> TakeAsync(string workingFolder, string targetBareFolder, CancellationToken ct)
    {
        var source = await SourceRepository.FindAsync(workingFolder, ct);
        var target = Path.GetFullPath(targetBareFolder);
        await MakeTargetAsync(source, target, ct);

        var indexFile = Path.Combine(target, "snapshot-index");
        if (File.Exists(source.IndexFile))
        {
            // The index brings the stat data along, so that only changed files are read.
            File.Copy(source.IndexFile, indexFile, overwrite: true);
        }

        var git = new SnapshotGit(source, target, indexFile);
        await git.RunAsync(["add", "--all", "--", "."], ct);
        var tree = await git.RunAsync(["write-tree"], ct);
        var dirty = await CountDirtyAsync(git, source, ct);
        File.Delete(indexFile);

        var subject = source.Head is null ? "(no commit yet)" : source.Subject;
        var message = dirty == 0 ? subject : $"{subject} (with {dirty} uncommitted {(dirty == 1 ? "file" : "files")})";
        string[] parent = source.Head is null ? [] : ["-p", source.Head];
        var commit = source.Head is { } head && tree == source.Tree
            ? head
            : await git.RunAsync(["commit-tree", tree, .. parent, "-m", message], ct);
        var branch = source.Branch ?? DetachedBranch;
        await git.RunInTargetAsync(["update-ref", branch, commit], ct);
        await git.RunInTargetAsync(["symbolic-ref", "HEAD", branch], ct);
        return new(commit, branch, source.Name, message, dirty, tree);
    }

    private static async Task MakeTargetAsync(SourceRepository source, string target, CancellationToken ct)
    {
        await BareRepository.MakeAsync(target, source.ObjectFormat, settings: "", ct);
        await File.WriteAllTextAsync(Path.Combine(target, "objects", "info", "alternates"), source.ObjectsFolder + "\n", ct);
        if (File.Exists(source.ShallowFile))
        {
            File.Copy(source.ShallowFile, Path.Combine(target, "shallow"), overwrite: true);
        }
    }

    private static async Task<int> CountDirtyAsync(SnapshotGit git, SourceRepository source, CancellationToken ct)
    {
        var names = source.Head is { } head
            ? await git.RunAsync(["diff-index", "--cached", "--name-only", "--no-renames", "-z", head], ct)
            : await git.RunAsync(["ls-files", "-z"], ct);
        return names.Count(character => character == '\0');
    }
}
