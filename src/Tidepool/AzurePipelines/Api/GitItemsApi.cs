using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AzurePipelines.Repositories;

namespace Tidepool.AzurePipelines.Api;

/// <summary>What is in the repositories: refs, commits, files and folders. All to read; changes come with a push.</summary>
/// <remarks>Source: https://learn.microsoft.com/rest/api/azure/devops/git/items</remarks>
internal sealed class GitItemsApi(PipelinesServiceOptions options, RepositoryDirectory repositories)
{
    private const int MostCommits = 100;

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var project in new[] { $"{options.Project}/_apis", "_apis" })
        {
            var repository = $"{project}/git/repositories/{{name}}";
            routes.MapGet($"{repository}/refs", ListRefsAsync);
            routes.MapGet($"{repository}/items", GetItemAsync);
            routes.MapGet($"{repository}/commits", ListCommitsAsync);
            routes.MapGet($"{repository}/commits/{{commitId}}", GetCommitAsync);
        }
    }

    private async Task ListRefsAsync(HttpContext http)
    {
        var name = Repository(http);
        var filter = http.QueryText("filter") ?? "";
        var refs = await repositories.RefsAsync(name, http.RequestAborted);
        await http.WriteListAsync(
            [
                .. refs.Where(found => found.Name.StartsWith($"refs/{filter}", StringComparison.Ordinal))
                    .Select(found => new GitRef(found.Name, found.Sha, $"{UrlOf(http, name)}/refs?filter={Uri.EscapeDataString(found.Name["refs/".Length..])}")),
            ],
            BuildJson.Default.CollectionGitRef);
    }

    /// <summary>A file's text or bytes, or as JSON what it is; a folder's direct content with <c>scopePath</c> or <c>recursionLevel</c>.</summary>
    private async Task GetItemAsync(HttpContext http)
    {
        var name = Repository(http);
        var path = (http.QueryText("path") ?? http.QueryText("scopePath") ?? "/").Trim('/');
        var revision = Revision(http);
        var commit = await repositories.FindCommitAsync(name, revision, http.RequestAborted)
            ?? throw Refusal.NotFound($"TF401175: The version descriptor <{revision}> could not be resolved to a version in the repository {name}.");
        var level = http.QueryText("recursionLevel")?.ToLowerInvariant() ?? "none";
        var found = await repositories.ListAsync(name, commit.Sha, path, isDeep: level is "full" or "120", http.RequestAborted);
        if (found is [{ IsFolder: false } file] && file.Path == path)
        {
            await WriteFileAsync(http, name, commit.Sha, file);
            return;
        }

        if (found.Count == 0)
        {
            throw Refusal.NotFound($"TF401174: The item /{path} could not be found in the repository {name} at the version specified by <{revision}>.");
        }

        var isAlone = level is "none" or "0" && http.QueryText("scopePath") is null;
        await http.WriteListAsync(
            [.. found.Where(entry => !isAlone || entry.Path == path).Select(entry => ToWire(http, name, commit.Sha, entry))], BuildJson.Default.CollectionGitItem);
    }

    private async Task WriteFileAsync(HttpContext http, string name, string commit, GitEntry file)
    {
        var content = await repositories.ReadAsync(name, commit, file.Path, http.RequestAborted) ?? "";
        if (http.Wants("application/json", "json"))
        {
            await http.WriteAsync(
                ToWire(http, name, commit, file) with { Content = http.QueryFlag("includeContent") ? content : null }, BuildJson.Default.GitItem);
            return;
        }

        http.Response.ContentType = http.Wants("application/octet-stream", "octetStream") ? "application/octet-stream" : "text/plain; charset=utf-8";
        await http.Response.WriteAsync(content, http.RequestAborted);
    }

    private async Task ListCommitsAsync(HttpContext http)
    {
        var name = Repository(http);
        var most = Math.Clamp(http.QueryInt("searchCriteria.$top") ?? http.QueryInt("$top") ?? MostCommits, 0, MostCommits);
        var revision = http.QueryText("searchCriteria.itemVersion.version") is { } branch ? $"refs/heads/{branch}" : RepositoryDirectory.DefaultBranch;
        var commits = await repositories.CommitsAsync(name, revision, most, http.RequestAborted);
        await http.WriteListAsync([.. commits.Select(commit => ToWire(http, name, commit))], BuildJson.Default.CollectionGitCommit);
    }

    private async Task GetCommitAsync(HttpContext http)
    {
        var (name, id) = (Repository(http), http.RouteText("commitId"));
        var commits = await repositories.CommitsAsync(name, id, 1, http.RequestAborted);
        await http.WriteAsync(
            ToWire(http, name, commits.FirstOrDefault() ?? throw Refusal.NotFound($"TF401175: Commit {id} is not in the repository {name}.")),
            BuildJson.Default.GitCommit);
    }

    private static string Revision(HttpContext http)
    {
        var version = http.QueryText("versionDescriptor.version") ?? http.QueryText("version");
        var type = (http.QueryText("versionDescriptor.versionType") ?? http.QueryText("versionType") ?? "branch").ToLowerInvariant();
        return (version, type) switch
        {
            (null, _) => RepositoryDirectory.DefaultBranch,
            (_, "branch" or "0") => $"refs/heads/{version}",
            (_, "tag" or "1") => $"refs/tags/{version}",
            _ => version,
        };
    }

    private string Repository(HttpContext http)
    {
        http.MustNotBeAgent();
        return repositories.Find(http.RouteText("name")) ?? throw Refusal.RepositoryNotFound(http.RouteText("name"));
    }

    private string UrlOf(HttpContext http, string name) =>
        $"{http.Organization(options.Organization)}/{Uri.EscapeDataString(options.Project)}/_apis/git/repositories/{repositories.IdOf(name)}";

    private GitItem ToWire(HttpContext http, string name, string commit, GitEntry entry) => new()
    {
        ObjectId = entry.Sha,
        GitObjectType = entry.IsFolder ? "tree" : "blob",
        CommitId = commit,
        Path = $"/{entry.Path}",
        IsFolder = entry.IsFolder,
        Url = $"{UrlOf(http, name)}/items?path={Uri.EscapeDataString($"/{entry.Path}")}&versionType=Commit&version={commit}",
    };

    private GitCommit ToWire(HttpContext http, string name, CommitDetails commit) => new()
    {
        CommitId = commit.Sha,
        Comment = commit.Subject,
        Author = new(commit.Author, commit.AuthorEmail, commit.AuthoredAt),
        Committer = new(commit.Committer, commit.CommitterEmail, commit.CommittedAt),
        Url = $"{UrlOf(http, name)}/commits/{commit.Sha}",
    };
}
