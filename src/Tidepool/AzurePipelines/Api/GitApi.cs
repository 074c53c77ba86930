using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AzurePipelines.Repositories;

namespace Tidepool.AzurePipelines.Api;

/// <summary>
/// Repositories over git's smart HTTP: those that clients made, to read and to push to, and one snapshot for reading under any other name.
/// </summary>
internal sealed class GitApi(string project, string? bareFolder, RepositoryDirectory repositories)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var repository = $"{project}/_git/{{name}}";
        routes.MapGet($"{repository}/info/refs", http => ServeAsync(http, http.Request.Query["service"].ToString(), "/info/refs"));
        routes.MapPost($"{repository}/git-upload-pack", http => ServeAsync(http, "git-upload-pack", "/git-upload-pack"));
        routes.MapPost($"{repository}/git-receive-pack", http => ServeAsync(http, "git-receive-pack", "/git-receive-pack"));
    }

    private Task ServeAsync(HttpContext http, string service, string path)
    {
        var own = repositories.FolderOf(http.RouteText("name"));
        switch (service, own ?? bareFolder)
        {
            case ("git-receive-pack", { } folder) when own is not null:
                http.MustBeOwner();
                return new GitBackend(folder).ServeAsync(http, path);
            case ("git-receive-pack", not null):
                throw Refusal.AccessDenied("This repository is a snapshot: it takes no pushes.");
            case ("git-upload-pack", { } folder):
                return new GitBackend(folder).ServeAsync(http, path);
            case ("git-upload-pack" or "git-receive-pack", null):
                throw Refusal.RepositoryNotFound(http.RouteText("name"));
            default:
                throw Refusal.AccessDenied($"'{service}' is not served.");
        }
    }
}
