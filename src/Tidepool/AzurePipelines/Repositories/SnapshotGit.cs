namespace Tidepool.AzurePipelines.Repositories;

/// <summary>Git over the user's files with an index and an object store of the snapshot's own.</summary>
internal sealed class SnapshotGit(SourceRepository source, string target, string indexFile)
{
    public static readonly IReadOnlyDictionary<string, string> NoEnvironment = new Dictionary<string, string>();

    // What could write into the user's repository or run programs: hooks, the file system monitor, shared index files, and LFS, which
    // copies each file it cleans into .git/lfs (without it, a changed LFS file goes into the snapshot as it is).
    private static readonly string[] Harmless =
    [
        "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.splitIndex=false", "-c", "core.untrackedCache=false",
        "-c", "submodule.recurse=false", "-c", "advice.addEmbeddedRepo=false", "-c", "core.safecrlf=false",
        "-c", "filter.lfs.clean=", "-c", "filter.lfs.process=", "-c", "filter.lfs.required=false",
    ];

    private readonly Dictionary<string, string> _environment = new()
    {
        ["GIT_INDEX_FILE"] = indexFile,
        ["GIT_OBJECT_DIRECTORY"] = Path.Combine(target, "objects"),
        ["GIT_AUTHOR_NAME"] = "Tidepool",
        ["GIT_AUTHOR_EMAIL"] = "tidepool@localhost",
        ["GIT_COMMITTER_NAME"] = "Tidepool",
        ["GIT_COMMITTER_EMAIL"] = "tidepool@localhost",
    };

    /// <summary>Runs git in the user's working tree.</summary>
    public Task<string> RunAsync(IEnumerable<string> arguments, CancellationToken ct) =>
        CheckedAsync(_environment, ["-C", source.TopLevel, .. Harmless, .. arguments], ct);

    /// <summary>Runs git in the bare repository.</summary>
    public Task<string> RunInTargetAsync(IEnumerable<string> arguments, CancellationToken ct) =>
        CheckedAsync(NoEnvironment, ["-C", target, .. Harmless, .. arguments], ct);

    /// <exception cref="ProblemException">SERVICE005: git failed; the message holds its words.</exception>
    public static async Task<string> CheckedAsync(
        IReadOnlyDictionary<string, string> environment, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        var answer = await GitProcess.RunAsync(environment, arguments, input: null, ct);
        return answer.ExitCode == 0
            ? answer.Output.TrimEnd('\n')
            : throw new ProblemException(
                "SERVICE005",
                $"The snapshot of the repository could not be made. git said: {answer.Errors}",
                "Mend what git names, and try again.");
    }
}
