using Tidepool.Agent.Jobs;
using Tidepool.Agent.Token;
using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Steps;

/// <summary>The built-in task behind <c>checkout:</c>.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps-checkout</remarks>
internal sealed class CheckoutTask(JobContext job, StepContext step)
{
    /// <summary>The default of pipelines made since 2022.</summary>
    private const string DefaultDepth = "1";

    public async Task<JobStatus> RunAsync(CancellationToken ct)
    {
        var alias = step.Input("repository") ?? RepositoryResources.Self;
        if (job.Request.Resources.Repositories.FirstOrDefault(resource => resource.Alias == alias) is not { } repository
            || RepositoryResources.Text(repository, "url") is not { } url)
        {
            return step.Fail($"The checkout step references the repository '{alias}' which is not defined by the pipeline");
        }
        if (job.Folders.FolderOf(repository, step.Input("path")) is not { } folder)
        {
            return step.Fail($"path '{step.Input("path")}' is outside of {job.Folders.Workspace}.");
        }
        if (Obstacle() is { } obstacle)
        {
            return step.Fail(obstacle);
        }
        step.Output.Write($"Syncing repository: {RepositoryResources.Name(repository)} (Git)");
        url = ServiceUrl.Rewrite(url, job.Host.ServiceUrl, job.Host.Agent.OnPremises && IsOfService(repository));
        Directory.CreateDirectory(folder);
        var login = LoginOf(repository, url);
        var failed = await SyncAsync(new Git(job, step, Find("git")!, folder), repository, url, login, ct);
        if (failed is not null)
        {
            return ct.IsCancellationRequested ? JobStatus.Canceled : step.Fail(failed);
        }
        if (step.IsTrue("persistCredentials") && login is not null)
        {
            new Git(job, step, Find("git")!, folder).PersistCredentials(login);
        }
        return JobStatus.Succeeded;
    }

    private async Task<string?> SyncAsync(Git git, RepositoryResource repository, string url, GitLogin? login, CancellationToken ct)
    {
        var (refSpecs, commit) = Wanted(repository);
        var clean = step.Input("clean") is null || step.IsTrue("clean");
        return await git.InitializeAsync(url, clean, ct)
            ?? await git.FetchAsync(login, new(refSpecs, Depth(), step.IsTrue("fetchTags"), step.Input("fetchFilter")), ct)
            ?? (step.IsTrue("lfs") ? await git.FetchLargeFilesAsync(login, commit, ct) : null)
            ?? await git.LimitAsync(step.Input("sparseCheckoutDirectories"), step.Input("sparseCheckoutPatterns"), ct)
            ?? await git.CheckOutAsync(login, commit, ct)
            ?? (WantsSubmodules ? await git.UpdateSubmodulesAsync(login, IsRecursive, Depth(), ct) : null);
    }

    private bool IsRecursive => string.Equals(step.Input("submodules"), "recursive", StringComparison.OrdinalIgnoreCase);

    private bool WantsSubmodules => IsRecursive || step.IsTrue("submodules");

    /// <summary>What the container lacks for this checkout; null for nothing.</summary>
    private string? Obstacle()
    {
        if (Find("git") is null)
        {
            return "Unable to locate executable file: 'git'. Install git in the image of this container.";
        }
        return step.IsTrue("lfs") && Find("git-lfs") is null
            ? "Unable to locate executable file: 'git-lfs'. This checkout has lfs: true: install Git LFS in the image of this container."
            : null;
    }

    private string? Find(string program) => Executable.Find(program, step.Environment.GetValueOrDefault("PATH"));

    private static bool IsOfService(RepositoryResource repository) =>
        repository.Endpoint is null || repository.Endpoint.Name == JobResources.SystemConnection;

    /// <summary>The job's own token for the service's repositories, for others what their connection holds; null for none.</summary>
    private GitLogin? LoginOf(RepositoryResource repository, string url)
    {
        if (!url.StartsWith("http", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        if (IsOfService(repository))
        {
            return new(url, "x", job.AccessToken, IsToken: true);
        }
        var parameters = job.Endpoints.All.FirstOrDefault(endpoint => endpoint.Id is not null && endpoint.Id == repository.Endpoint!.Id)?.Authorization?.Parameters;
        string? Parameter(params string[] names) => parameters?.FirstOrDefault(
            parameter => names.Contains(parameter.Key, StringComparer.OrdinalIgnoreCase) && parameter.Value.Length > 0).Value;
        return Parameter("password", "accesstoken", "apitoken") is { } secret
            ? new(url, Parameter("username") ?? "x-access-token", secret, IsToken: false)
            : null;
    }

    private int Depth() => int.TryParse(step.Input("fetchDepth") ?? DefaultDepth, out var depth) ? depth : 0;

    /// <summary>What to fetch and what to check out of it: the exact commit, or where there is none the end of a branch or tag.</summary>
    private (IReadOnlyList<string> RefSpecs, string Commit) Wanted(RepositoryResource repository)
    {
        const string Heads = "refs/heads/";
        var reference = RepositoryResources.Text(repository, "ref") is { Length: > 0 } given ? given : "HEAD";
        var (wanted, commit) = RepositoryResources.Text(repository, "version") is { Length: > 0 } version
            ? ($"+{version}:refs/remotes/origin/{version}", version)
            : reference.StartsWith(Heads, StringComparison.Ordinal)
                ? ($"+{reference}:refs/remotes/origin/{reference[Heads.Length..]}", $"refs/remotes/origin/{reference[Heads.Length..]}")
                : ($"+{reference}:refs/remotes/origin/fetched", "refs/remotes/origin/fetched");
        return (Depth() == 0 ? [wanted, "+refs/heads/*:refs/remotes/origin/*"] : [wanted], commit);
    }
}
