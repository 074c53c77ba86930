using Tidepool.AzurePipelines.Repositories;

namespace Tidepool.AzurePipelines.Client;

/// <summary>Pushes a snapshot of a user's repository with git.</summary>
internal static class SnapshotPush
{
    /// <summary>Pushes the commit to a ref of its own, and the branch to it as far as that goes: others may push the same one meanwhile.</summary>
    /// <param name="bareFolder">The snapshot's repository.</param>
    /// <param name="url">The repository to push to.</param>
    /// <param name="authorization">The header's value. It goes through git's environment, so that no list of processes shows it.</param>
    /// <param name="snapshot">What to push.</param>
    /// <param name="ct">Ends the push.</param>
    /// <exception cref="ProblemException">SERVICE005: git failed; the message holds its words.</exception>
    public static async Task RunAsync(string bareFolder, Uri url, string authorization, RepositorySnapshot snapshot, CancellationToken ct)
    {
        var environment = new Dictionary<string, string>
        {
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_CONFIG_COUNT"] = "3",
            ["GIT_CONFIG_KEY_0"] = "http.extraHeader",
            ["GIT_CONFIG_VALUE_0"] = $"Authorization: {authorization}",

            // An empty one is none, whatever the environment says.
            ["GIT_CONFIG_KEY_1"] = "http.proxy",
            ["GIT_CONFIG_VALUE_1"] = "",
            ["GIT_CONFIG_KEY_2"] = "core.hooksPath",
            ["GIT_CONFIG_VALUE_2"] = "/dev/null",
        };
        var own = $"{snapshot.Commit}:refs/tidepool/{snapshot.Commit}";
        string[][] tries = [[own, $"+{snapshot.Commit}:{snapshot.Branch}"], [own]];
        GitAnswer? answer = null;
        foreach (var refs in tries)
        {
            answer = await GitProcess.RunAsync(environment, ["-C", bareFolder, "push", "--quiet", "--no-verify", url.AbsoluteUri, .. refs], input: null, ct);
            if (answer.ExitCode == 0)
            {
                return;
            }
        }

        throw new ProblemException(
            "SERVICE005", $"The snapshot of the repository could not be handed over. git said: {answer!.Errors}", "Mend what git names, and try again.");
    }
}
