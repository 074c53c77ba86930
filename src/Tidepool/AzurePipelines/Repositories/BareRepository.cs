namespace Tidepool.AzurePipelines.Repositories;

/// <summary>Bare repositories that agents fetch from.</summary>
internal static class BareRepository
{
    /// <summary>Lets clients push: any branch anywhere, and from a clone that is not whole.</summary>
    public const string TakesPushes =
        """
        [http]
        	receivepack = true
        [receive]
        	shallowUpdate = true
        	autogc = false

        """;

    // An agent fetches the run's very commit, as deep as the pipeline says. Between two processes of one machine
    // deltas and compression cost more time than they save.
    private const string GivesAnyCommit =
        """
        [uploadpack]
        	allowAnySHA1InWant = true
        	allowReachableSHA1InWant = true
        	allowFilter = true
        [pack]
        	window = 0
        	compression = 0
        [gc]
        	auto = 0

        """;

    /// <summary>Makes an empty one.</summary>
    /// <param name="folder">Its folder, which must not exist.</param>
    /// <param name="objectFormat"><c>sha1</c> or <c>sha256</c>.</param>
    /// <param name="settings">More of git's settings, as text.</param>
    /// <param name="ct">Ends the making.</param>
    /// <exception cref="ProblemException">SERVICE005: git could not make it.</exception>
    public static async Task MakeAsync(string folder, string objectFormat, string settings, CancellationToken ct)
    {
        await SnapshotGit.CheckedAsync(
            SnapshotGit.NoEnvironment, ["init", "--quiet", "--bare", "--template=", $"--object-format={objectFormat}", "--", folder], ct);
        Directory.CreateDirectory(Path.Combine(folder, "objects", "info"));
        await File.AppendAllTextAsync(Path.Combine(folder, "config"), GivesAnyCommit + settings, ct);
    }
}
