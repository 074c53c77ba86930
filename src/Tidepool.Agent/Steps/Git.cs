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
            if (!clean || await CleanAsync(ct))
            {
                return null;
            }
            step.Output.Warning("The repository that was there could not be cleaned and is made anew.");
        }
        Empty();
        return await FailureAsync(["init", "--quiet"], ct) ?? await FailureAsync(["remote", "add", "origin", url], ct);
    }

    private async Task<bool> CleanAsync(CancellationToken ct)
    {
        var hasModules = File.Exists(Path.Combine(folder, ".gitmodules"));
        return await RunAsync(["clean", "-ffdx"], ct) == 0
            && await RunAsync(["reset", "--quiet", "--hard", "HEAD"], ct) == 0
            && (!hasModules
                || (await RunAsync(["submodule", "foreach", "--recursive", "git clean -ffdx"], ct) == 0
                    && await RunAsync(["submodule", "foreach", "--recursive", "git reset --quiet --hard HEAD"], ct) == 0));
    }

    public async Task<string?> FetchAsync(GitLogin? login, GitFetch fetch, CancellationToken ct)
    {
        string[] limit = fetch.Depth > 0 ? [$"--depth={fetch.Depth}"] : File.Exists(Path.Combine(folder, ".git", "shallow")) ? ["--unshallow"] : [];
        string[] filter = fetch.Filter is { } given ? [$"--filter={given}"] : [];
        return await FailureAsync(
            [
                // Housekeeping in the background would outlive the step and hold its output open; Microsoft's agent turns it off too.
                "-c", "gc.auto=0", "fetch", "--force", fetch.Tags ? "--tags" : "--no-tags", "--prune", "--no-recurse-submodules",
                .. limit, .. filter, "origin", .. fetch.RefSpecs,
            ],
            ct,
            login);
    }

    /// <summary>Leaves only some folders, or what patterns name, in the work tree; all where neither is given.</summary>
    public async Task<string?> LimitAsync(string? folders, string? patterns, CancellationToken ct)
    {
        if ((folders ?? patterns) is not { } wanted)
        {
            return await ReadAsync(["config", "--get", "core.sparseCheckout"], ct) == "true" ? await FailureAsync(["sparse-checkout", "disable"], ct) : null;
        }
        var words = wanted.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var cone = folders is null ? "--no-cone" : "--cone";
        return await FailureAsync(["sparse-checkout", "init", cone], ct) ?? await FailureAsync(["sparse-checkout", "set", .. words], ct);
    }

    public async Task<string?> FetchLargeFilesAsync(GitLogin? login, string commit, CancellationToken ct) =>
        await FailureAsync(["lfs", "install", "--local"], ct) ?? await FailureAsync(["lfs", "fetch", "origin", commit], ct, login);

    /// <param name="login">For what the commit lacks, which a filtered fetch left with the server.</param>
    public Task<string?> CheckOutAsync(GitLogin? login, string commit, CancellationToken ct) =>
        FailureAsync(["checkout", "--force", "--detach", commit], ct, login);

    /// <param name="depth">Commits; 0 means all.</param>
    public async Task<string?> UpdateSubmodulesAsync(GitLogin? login, bool recursive, int depth, CancellationToken ct)
    {
        string[] nested = recursive ? ["--recursive"] : [];
        string[] limit = depth > 0 ? [$"--depth={depth}"] : [];
        return await FailureAsync(["submodule", "sync", .. nested], ct)
            ?? await FailureAsync(["-c", "gc.auto=0", "submodule", "update", "--init", "--force", .. limit, .. nested], ct, login);
    }

    /// <summary>
    /// Leaves the repository's token where later git commands of the job find it. The user asked for it; it is a file of the
    /// job, the token ends with the job, and it is removed then.
    /// </summary>
    public void PersistCredentials(GitLogin login)
    {
        var config = Path.Combine(folder, ".git", "config");

        // Whoever shows the file, as "git config --list" does, shows the header as it stands there.
        job.Secrets.Add(login.Header[(login.Header.LastIndexOf(' ') + 1)..]);
        var section = $"[http \"{login.Url}\"]\n\textraheader = {login.Header}\n";
        File.AppendAllText(config, section);
        job.AtEnd.Add(() =>
        {
            if (File.Exists(config))
            {
                File.WriteAllText(config, File.ReadAllText(config).Replace(section, "", StringComparison.Ordinal));
            }
        });
    }

    private async Task<string?> FailureAsync(IReadOnlyList<string> arguments, CancellationToken ct, GitLogin? login = null)
    {
        if (login is null)
        {
            return Explain(await RunAsync(arguments, ct));
        }
        var credentials = GitCredential.Offer(login);
        try
        {
            return Explain(await RunAsync([.. GitCredential.Options(System.Environment.ProcessPath!, login.Url), .. arguments], ct, credentials));
        }
        finally
        {
            Libc.close(credentials);
        }
    }

    private static string? Explain(int exitCode) => exitCode == 0 ? null : $"Git exited with code {exitCode}.";

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
        if (!step.IsTrue("lfs"))
        {
            // Where it is installed for all repositories, it would fetch large files at every checkout.
            all["GIT_LFS_SKIP_SMUDGE"] = "1";
        }
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

/// <summary>What to fetch.</summary>
/// <param name="Depth">Commits; 0 means all.</param>
/// <param name="Filter">As git's <c>--filter</c> takes it, for a clone that leaves things with the server; null for none.</param>
internal sealed record GitFetch(IReadOnlyList<string> RefSpecs, int Depth, bool Tags, string? Filter);
