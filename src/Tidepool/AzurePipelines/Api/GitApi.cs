using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AzurePipelines.Repositories;

namespace Tidepool.AzurePipelines.Api;

/// <summary>The one repository, for reading, under whatever name a run gives it.</summary>
internal sealed class GitApi(string project, string? bareFolder)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var repository = $"{project}/_git/{{name}}";
        routes.MapGet($"{repository}/info/refs", http => ServeAsync(http, http.Request.Query["service"].ToString(), "/info/refs"));
        routes.MapPost($"{repository}/git-upload-pack", http => ServeAsync(http, "git-upload-pack", "/git-upload-pack"));
        routes.MapPost($"{repository}/git-receive-pack", http => ServeAsync(http, "git-receive-pack", "/git-receive-pack"));
    }

    private Task ServeAsync(HttpContext http, string service, string path) => (service, bareFolder) switch
    {
        ("git-receive-pack", _) => throw Refusal.AccessDenied("This repository is a snapshot: it takes no pushes."),
        ("git-upload-pack", { } folder) => new GitBackend(folder).ServeAsync(http, path),
        ("git-upload-pack", null) => throw Refusal.NotFound($"There is no repository {http.RouteText("name")}."),
        _ => throw Refusal.AccessDenied($"'{service}' is not served."),
    };
}
