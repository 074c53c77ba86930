using System.Globalization;

namespace Tidepool.AzurePipelines.Repositories;

internal sealed partial class RepositoryDirectory
{
    /// <summary>All refs with the objects that they name.</summary>
    public async Task<IReadOnlyList<(string Name, string Sha)>> RefsAsync(string name, CancellationToken ct)
    {
        var answer = await RunAsync(name, ["for-each-ref", "--format=%(objectname) %(refname)"], ct);
        return [.. Lines(answer, '\n').Select(line => line.Split(' ', 2)).Select(parts => (parts[1], parts[0]))];
    }

    /// <summary>Commits from one on, newest first; empty where there is none.</summary>
    /// <param name="name">A repository that exists.</param>
    /// <param name="revision">A SHA, a ref, or HEAD.</param>
    /// <param name="most">At most so many.</param>
    /// <param name="ct">Ends the question.</param>
    public async Task<IReadOnlyList<CommitDetails>> CommitsAsync(string name, string revision, int most, CancellationToken ct)
    {
        string[] arguments =
        [
            "log", $"-{most}", "--no-show-signature", "-z", "--format=%H%x09%an%x09%ae%x09%at%x09%cn%x09%ce%x09%ct%x09%s", "--end-of-options", revision, "--",
        ];
        return [.. Lines(await RunAsync(name, arguments, ct), '\0').Select(line => line.Split('\t', 8)).Select(parts => new CommitDetails(
            parts[0], parts[7], parts[1], parts[2], Time(parts[3]), parts[4], parts[5], Time(parts[6])))];
    }

    /// <summary>A file, or a folder and what is in it; empty where there is nothing of that path.</summary>
    /// <param name="name">A repository that exists.</param>
    /// <param name="commit">A commit that exists.</param>
    /// <param name="path">From the root, without slashes at its ends; empty for the root.</param>
    /// <param name="isDeep">Folders in it with all that they hold.</param>
    /// <param name="ct">Ends the question.</param>
    public async Task<IReadOnlyList<GitEntry>> ListAsync(string name, string commit, string path, bool isDeep, CancellationToken ct)
    {
        var self = path.Length == 0
            ? [new GitEntry("", (await RunAsync(name, ["rev-parse", "--end-of-options", $"{commit}^{{tree}}"], ct)).Output.Split('\n')[^2].Trim(), IsFolder: true)]
            : Entries(await RunAsync(name, ["ls-tree", "-z", "--full-tree", commit, "--", $":(literal){path}"], ct));
        if (self is not [{ IsFolder: true } folder])
        {
            return self;
        }

        string[] arguments = ["ls-tree", "-z", "--full-tree", .. isDeep ? ["-r", "-t"] : Array.Empty<string>(), commit];
        var inside = Entries(await RunAsync(name, path.Length == 0 ? arguments : [.. arguments, "--", $":(literal){path}/"], ct));
        return [folder, .. inside.Where(entry => entry.Path != path)];
    }

    private static IReadOnlyList<GitEntry> Entries(GitAnswer answer) => [.. Lines(answer, '\0').Select(line =>
    {
        var (facts, path) = line.Split('\t', 2) is [var first, var second] ? (first.Split(' '), second) : ([], line);
        return new GitEntry(path, facts[2], facts[1] == "tree");
    })];

    private static string[] Lines(GitAnswer answer, char end) =>
        answer.ExitCode == 0 ? answer.Output.Split(end, StringSplitOptions.RemoveEmptyEntries) : [];

    private static DateTimeOffset Time(string seconds) => DateTimeOffset.FromUnixTimeSeconds(long.Parse(seconds, CultureInfo.InvariantCulture));
}

/// <summary>A file or a folder at a commit.</summary>
/// <param name="Path">From the root, without a leading slash; empty for the root.</param>
internal sealed record GitEntry(string Path, string Sha, bool IsFolder);

/// <summary>A commit and who made it.</summary>
internal sealed record CommitDetails(
    string Sha,
    string Subject,
    string Author,
    string AuthorEmail,
    DateTimeOffset AuthoredAt,
    string Committer,
    string CommitterEmail,
    DateTimeOffset CommittedAt);
