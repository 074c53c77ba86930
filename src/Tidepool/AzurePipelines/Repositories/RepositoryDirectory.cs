using Tidepool.AzurePipelines.Runs;

namespace Tidepool.AzurePipelines.Repositories;

/// <summary>The project's repositories, bare ones that clients make and push to. Names ignore case.</summary>
internal sealed partial class RepositoryDirectory(PipelinesServiceOptions options)
{
    /// <summary>What is meant where no branch is named.</summary>
    public const string DefaultBranch = "refs/heads/main";

    private const int LongestName = 256;

    // A pipeline is a text that people write.
    private const int LongestFile = 4 * 1024 * 1024;

    private static readonly Dictionary<string, string> OwnFolder = new()
    {
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_CONFIG_NOSYSTEM"] = "1",
    };

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _making = new(1);
    private readonly List<string> _names = [];
    private readonly string? _folder = options.WorkFolder is null ? null : Path.Combine(options.WorkFolder, "git");

    /// <summary>Whether clients may make repositories.</summary>
    public bool TakesPushes => _folder is not null;

    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_gate)
            {
                return [.. _names];
            }
        }
    }

    /// <summary>The id that goes with a name.</summary>
    public Guid IdOf(string name) => RecordId.Of("repository", options.Organization, options.Project, name);

    /// <summary>The name of the repository that a name or an id means; null when there is none.</summary>
    public string? Find(string nameOrId) => Names.FirstOrDefault(name =>
        name.Equals(nameOrId, StringComparison.OrdinalIgnoreCase) || $"{IdOf(name)}".Equals(nameOrId, StringComparison.OrdinalIgnoreCase));

    /// <summary>The bare repository's folder; null when there is none of that name.</summary>
    public string? FolderOf(string name) => Names.Contains(name, StringComparer.OrdinalIgnoreCase) ? Place(name) : null;

    /// <summary>Makes an empty repository; false when there is one of that name.</summary>
    /// <exception cref="ProblemException">SERVICE005: git could not make it, for a full disk say. SERVICE007: the name is none.</exception>
    public async Task<bool> AddAsync(string name, CancellationToken ct)
    {
        if (name.Length is 0 or > LongestName || name is "." or ".." || name.Any(character => character is '/' or '\\' || char.IsControl(character)))
        {
            throw new ProblemException("SERVICE007", $"'{name}' is no name of a repository.", $"Use 1 to {LongestName} characters that are no slashes.");
        }

        await _making.WaitAsync(ct);
        try
        {
            if (FolderOf(name) is not null)
            {
                return false;
            }

            await BareRepository.MakeAsync(Place(name), "sha1", BareRepository.TakesPushes, ct);
            lock (_gate)
            {
                _names.Add(name);
            }

            return true;
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>The commit that a branch or a version means; null when there is none.</summary>
    /// <param name="name">A repository that exists.</param>
    /// <param name="revision">A full SHA, or a ref as in <c>refs/heads/main</c>.</param>
    /// <param name="ct">Ends the question.</param>
    public async Task<CommitFacts?> FindCommitAsync(string name, string revision, CancellationToken ct)
    {
        var answer = await RunAsync(name, ["log", "-1", "--no-show-signature", "--format=%H%n%s", "--end-of-options", $"{revision}^{{commit}}", "--"], ct);
        return answer.ExitCode == 0 && answer.Output.TrimEnd('\n').Split('\n') is [var sha, .. var subject]
            ? new(sha, string.Join(' ', subject))
            : null;
    }

    /// <summary>A file's text at a commit; null when it is not there.</summary>
    /// <exception cref="ProblemException">SERVICE008: it is too large.</exception>
    public async Task<string?> ReadAsync(string name, string commit, string path, CancellationToken ct)
    {
        var size = await RunAsync(name, ["cat-file", "-s", $"{commit}:{path}"], ct);
        if (size.ExitCode != 0 || !long.TryParse(size.Output.Trim(), out var bytes))
        {
            return null;
        }

        if (bytes > LongestFile)
        {
            throw new ProblemException("SERVICE008", $"/{path} has {bytes} bytes.", $"Keep a pipeline's file to {LongestFile / 1024 / 1024} MiB.");
        }

        var text = await RunAsync(name, ["cat-file", "blob", $"{commit}:{path}"], ct);
        return text.ExitCode == 0 ? text.Output : null;
    }

    private string Place(string name) => Path.Combine(_folder!, $"{RecordId.Of("bare", name)}.git");

    private Task<GitAnswer> RunAsync(string name, IEnumerable<string> arguments, CancellationToken ct) =>
        GitProcess.RunAsync(OwnFolder, ["-C", Place(name), .. arguments], input: null, ct);
}

/// <summary>What a run shows of its commit.</summary>
internal sealed record CommitFacts(string Sha, string Subject);
