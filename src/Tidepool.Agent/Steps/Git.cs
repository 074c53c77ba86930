using Tidepool.Agent.Jobs;
using Tidepool.Agent.Posix;
using Tidepool.Agent.Token;

namespace Tidepool.Agent.Steps;

/// <summary>The git commands of a checkout. Each answers null when it succeeded, else what to tell the user.</summary>
internal sealed class Git(JobContext job, StepContext step, string program, string folder)
{
    /// <summary>An empty repository with that remote: the one that is there when it is clean, else a new one.</summary>
    public async Task<string?> InitializeAsync(string url, bool clean, CancellationToken ct)
    {
        await RunAsync(["version"], ct);
        if (Directory.Exists(Path.Combine(folder, ".git")) && await ReadAsync(["config", "--get", "remote.origin.url"], ct) == url)
        {
            File.Delete(Path.Combine(folder, ".git", "index.lock"));
            File.Delete(Path.Combine(folder, ".git", "shallow.lock"));
            if (!clean || (await RunAsync(["clean", "-ffdx"], ct) == 0 && await RunAsync(["reset", "--hard", "HEAD"], ct) == 0))
            {
                return null;
            }
            step.Output.Warning("The repository that was there could not be cleaned and is made anew.");
        }
        Empty();
        return await FailureAsync(["init", "--quiet"], ct) ?? await FailureAsync(["remote", "add", "origin", url], ct);
    }

    /// <param name="tokenFor">URL of a repository that the job's token is meant for; null keeps the token from this server.</param>
    /// <param name="depth">Commits; 0 means all.</param>
    public async Task<string?> FetchAsync(string? tokenFor, IReadOnlyList<string> refSpecs, int depth, bool tags, CancellationToken ct)
    {
        string[] limit = depth > 0 ? [$"--depth={depth}"] : File.Exists(Path.Combine(folder, ".git", "shallow")) ? ["--unshallow"] : [];
        string[] fetch =
        [
            // Housekeeping in the background would outlive the step and hold its output open; Microsoft's agent turns it off too.
            "-c", "gc.auto=0", "fetch", "--force", tags ? "--tags" : "--no-tags", "--prune", "--no-recurse-submodules", .. limit, "origin", .. refSpecs,
        ];
        if (tokenFor is null)
        {
            return await FailureAsync(fetch, ct);
        }
        var credentials = GitCredential.Offer(job.AccessToken);
        try
        {
            return await FailureAsync([.. GitCredential.Options(System.Environment.ProcessPath!, tokenFor), .. fetch], ct, credentials);
        }
        finally
        {
            Libc.close(credentials);
        }
    }

    public Task<string?> CheckOutAsync(string commit, CancellationToken ct) =>
        FailureAsync(["checkout", "--force", "--detach", commit], ct);

    /// <summary>
    /// Leaves the job's token where later git commands of the job find it. The user asked for it; it is a file of the
    /// job, the token ends with the job, and it is removed then.
    /// </summary>
    public void PersistCredentials(string url)
    {
        var config = Path.Combine(folder, ".git", "config");
        var before = File.ReadAllText(config);
        File.AppendAllText(config, $"[http \"{url}\"]\n\textraheader = AUTHORIZATION: bearer {job.AccessToken}\n");
        job.AtEnd.Add(() => File.WriteAllText(config, before));
    }

    private async Task<string?> FailureAsync(IReadOnlyList<string> arguments, CancellationToken ct, int? credentials = null) =>
        await RunAsync(arguments, ct, credentials) is var code and not 0 ? $"Git exited with code {code}." : null;

    private Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken ct, int? credentials = null)
    {
        step.Output.Command($"git {string.Join(' ', arguments)}");
        return StartAsync(arguments, step.Output.Write, ct, credentials);
    }

    private async Task<string> ReadAsync(IReadOnlyList<string> arguments, CancellationToken ct)
    {
        var lines = new List<string>();
        await StartAsync(arguments, lines.Add, ct);
        return string.Join('\n', lines);
    }

    private Task<int> StartAsync(IReadOnlyList<string> arguments, Action<string> onLine, CancellationToken ct, int? credentials = null) =>
        new StepProcess(job.Host.Reaper, job.Host.Clock).RunAsync(
            new()
            {
                Path = program,
                Arguments = arguments,
                Environment = Environment(),
                WorkingDirectory = folder,
                HandedOver = credentials,
            },
            (line, _) => onLine(line),
            ct);

    /// <summary>Git never asks a person, and nothing else for credentials.</summary>
    private Dictionary<string, string> Environment()
    {
        var all = new Dictionary<string, string>(step.Environment) { ["GIT_TERMINAL_PROMPT"] = "0", ["GCM_INTERACTIVE"] = "Never" };
        all.Remove("GIT_ASKPASS");
        all.Remove("SSH_ASKPASS");
        return all;
    }

    /// <summary>The folder itself stays: it may be a mount point.</summary>
    private void Empty()
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo { LinkTarget: null } directory)
            {
                directory.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }
    }
}
