using Tidepool.AzurePipelines.Repositories;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Lint;

namespace Tidepool.Rehearsal;

/// <summary>A pipeline's file on this machine, and what stands for the service around it.</summary>
public sealed record LocalPipeline
{
    /// <summary>Absolute path of the file.</summary>
    public required string Path { get; init; }

    /// <summary>Values of its parameters.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables that are known before a run.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Folders of other repositories, by their alias; <c>self</c> is the root that the file's own paths begin at.</summary>
    public IReadOnlyDictionary<string, string> Repositories { get; init; } = new Dictionary<string, string>();

    /// <summary>Variable groups by name. None: every group is taken to be there.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> Groups { get; init; } = new Dictionary<string, IReadOnlyList<GroupVariable>>();

    /// <summary>Expands it as it lies there.</summary>
    /// <exception cref="PipelineNotValidException">It is not valid; all its errors at once.</exception>
    /// <exception cref="ProblemException">
    /// REHEARSAL004, REHEARSAL005: there is no such file, or it cannot be read. EXPAND001: a repository's folder is none. EXPAND002: the file
    /// is not in the folder of <c>self</c>.
    /// </exception>
    public PipelineExpansion Expand() => PipelineExpansion.Of(Source(out _));

    /// <summary>Expands it as it is at a commit; other repositories as they lie there.</summary>
    /// <param name="revision">As git takes it: a branch, a tag, <c>HEAD~1</c>.</param>
    /// <param name="ct">Ends the reading.</param>
    /// <exception cref="PipelineNotValidException">It is not valid there; all its errors at once.</exception>
    /// <exception cref="ProblemException">EXPAND003: there is no such revision. As well as for <see cref="Expand"/>.</exception>
    public async Task<PipelineExpansion> ExpandAtAsync(string revision, CancellationToken ct)
    {
        var source = Source(out var root);
        var commit = await GitAsync(root, ["log", "-1", "--no-show-signature", "--format=%H", "--end-of-options", $"{revision}^{{commit}}", "--"], ct);
        if (commit is null)
        {
            throw new ProblemException("EXPAND003", $"The repository of {Path} has no revision {revision}.", "Name a branch, a tag or a commit of it.");
        }

        // Its paths begin at the root of the working tree, which is not above the folder that was given.
        var prefix = (await GitAsync(root, ["rev-parse", "--show-prefix"], ct) ?? "").Trim();
        var files = new GatheredFiles(
            (alias, path, fileCt) => alias == "self"
                ? GitAsync(root, ["cat-file", "blob", $"{commit.Trim()}:{prefix}{path.TrimStart('/')}"], fileCt)
                : Task.FromResult(source.Files.Read(alias, path)),
            alias => alias == "self" ? $"repository self at {revision}" : source.Files.Describe(alias));
        return await files.ReadAsync(from => PipelineExpansion.Of(source with { Files = from }), ct);
    }

    /// <summary>Looks for traps in it.</summary>
    /// <param name="options">What is assumed of the agents.</param>
    /// <returns>The findings, and the folder that their files' paths begin at.</returns>
    /// <exception cref="ProblemException">As for <see cref="Expand"/>. PIPELINE004: a file is too large.</exception>
    public (LintReport Report, string Root) Lint(LintOptions options)
    {
        var source = Source(out var root);
        return (PipelineLint.Inspect(source, options), root);
    }

    /// <summary>The file with its templates, as they lie there.</summary>
    /// <param name="root">The folder that the file's own paths begin at.</param>
    internal PipelineSource Source(out string root)
    {
        foreach (var (alias, folder) in Repositories.Where(r => !Directory.Exists(r.Value)))
        {
            throw new ProblemException("EXPAND001", $"The folder {folder} of the repository {alias} does not exist.", "Name an existing folder.");
        }

        var source = PipelineFiles.Source("/", Path, Parameters) with { Variables = Variables, Groups = Groups, GroupMend = GroupFiles.Mend };
        var self = Repositories.FirstOrDefault(r => r.Key.Equals("self", StringComparison.OrdinalIgnoreCase)).Value;
        root = self is null ? PipelineFiles.RootOf(Path) : System.IO.Path.GetFullPath(self);
        var relative = System.IO.Path.GetRelativePath(root, Path);
        if (relative.StartsWith("..", StringComparison.Ordinal))
        {
            throw new ProblemException("EXPAND002", $"{Path} is not in {root}.", "Name a folder above the pipeline's file, or leave it out.");
        }

        var folders = new Dictionary<string, string>(Repositories, StringComparer.OrdinalIgnoreCase) { ["self"] = root };
        return source with { File = $"/{relative}", Files = new FolderFiles(folders) };
    }

    private static async Task<string?> GitAsync(string folder, IEnumerable<string> arguments, CancellationToken ct)
    {
        var answer = await GitProcess.RunAsync(SnapshotGit.NoEnvironment, ["-C", folder, .. arguments], input: null, ct);
        return answer.ExitCode == 0 ? answer.Output : null;
    }
}
