using Tidepool.Agent.Jobs;
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
        var alias = step.Input("repository") ?? "self";
        if (job.Request.Resources.Repositories.FirstOrDefault(resource => resource.Alias == alias) is not { } repository
            || JobVariableSources.Text(repository, "url") is not { } url)
        {
            return Fail($"The checkout step references the repository '{alias}' which is not defined by the pipeline");
        }
        if (step.Input("lfs") is not (null or "false") || step.Input("submodules") is not (null or "false"))
        {
            return Fail("Git LFS and submodules are not supported yet by the built-in agent.");
        }
        if (FolderOf(repository) is not { } folder)
        {
            return Fail($"path '{step.Input("path")}' is outside of {job.Folders.Workspace}.");
        }
        if (Executable.Find("git", step.Environment.GetValueOrDefault("PATH")) is not { } program)
        {
            return Fail("Unable to locate executable file: 'git'. Install git in the image of this container.");
        }
        url = ServiceUrl.Rewrite(url, job.Host.ServiceUrl, job.Host.Agent.OnPremises && IsOfService(repository));
        Directory.CreateDirectory(folder);
        var git = new Git(job, step, program, folder);
        var failed = await git.InitializeAsync(url, step.Input("clean") is null || step.IsTrue("clean"), ct)
            ?? await git.FetchAsync(IsOfService(repository) ? url : null, RefSpecs(repository), Depth(), step.IsTrue("fetchTags"), ct)
            ?? await git.CheckOutAsync(Commit(repository), ct);
        if (failed is not null)
        {
            return ct.IsCancellationRequested ? JobStatus.Canceled : Fail(failed);
        }
        if (step.IsTrue("persistCredentials") && IsOfService(repository))
        {
            git.PersistCredentials(url);
        }
        return JobStatus.Succeeded;
    }

    private static bool IsOfService(RepositoryResource repository) =>
        repository.Endpoint is null || repository.Endpoint.Name == JobResources.SystemConnection;

    private int Depth() => int.TryParse(step.Input("fetchDepth") ?? DefaultDepth, out var depth) ? depth : 0;

    private static string Commit(RepositoryResource repository) =>
        JobVariableSources.Text(repository, "version") is { Length: > 0 } version ? version : "FETCH_HEAD";

    private IReadOnlyList<string> RefSpecs(RepositoryResource repository)
    {
        var wanted = JobVariableSources.Text(repository, "version") is { Length: > 0 } version
            ? $"+{version}:refs/remotes/origin/{version}"
            : JobVariableSources.Text(repository, "ref") ?? "HEAD";
        return Depth() == 0 ? ["+refs/heads/*:refs/remotes/origin/*", wanted] : [wanted];
    }

    /// <summary>Null for a path that leaves the workspace.</summary>
    private string? FolderOf(RepositoryResource repository)
    {
        var workspace = job.Folders.Workspace;
        if (step.Input("path") is { } path)
        {
            var folder = Path.GetFullPath(path, workspace);
            return folder.StartsWith($"{workspace}/", StringComparison.Ordinal) ? folder : null;
        }
        var several = job.Request.Steps.Count(other => other.Reference.Id == TaskReference.Checkout) > 1;
        return several
            ? Path.Combine(job.Folders.Sources, JobVariableSources.Text(repository, "name")!.Split('/')[^1])
            : job.Folders.Sources;
    }

    private JobStatus Fail(string text)
    {
        step.Output.Error(text);
        return JobStatus.Failed;
    }
}
