using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AzurePipelines.Repositories;
using Tidepool.AzurePipelines.Runs;

namespace Tidepool.AzurePipelines.Api;

/// <summary>The project's git repositories: made, listed, and pushed to with git itself.</summary>
internal sealed class RepositoriesApi(PipelinesServiceOptions options, RepositoryDirectory repositories)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var all in new[] { $"{options.Project}/_apis/git/repositories", "_apis/git/repositories" })
        {
            routes.MapGet(all, http =>
            {
                http.MustNotBeJob();
                return http.WriteListAsync([.. repositories.Names.Select(name => ToWire(http, name))], BuildJson.Default.CollectionGitRepository);
            });
            routes.MapGet($"{all}/{{name}}", http =>
            {
                http.MustNotBeJob();
                return http.WriteAsync(ToWire(http, repositories.Find(http.RouteText("name")) ?? throw Refusal.RepositoryNotFound(http.RouteText("name"))), BuildJson.Default.GitRepository);
            });
            routes.MapPost(all, AddAsync);
        }
    }

    private async Task AddAsync(HttpContext http)
    {
        http.MustBeOwner();
        if (!repositories.TakesPushes)
        {
            throw Refusal.BadRequest("This service has no folder for repositories.");
        }

        var name = (await http.ReadAsync(BuildJson.Default.GitRepository)).Name ?? throw Refusal.BadRequest("The repository has no name.");
        if (!await repositories.AddAsync(name, http.RequestAborted))
        {
            throw Refusal.Conflict($"TF400948: A Git repository with the name {name} already exists.");
        }

        await http.WriteAsync(ToWire(http, name), BuildJson.Default.GitRepository, StatusCodes.Status201Created);
    }

    private GitRepository ToWire(HttpContext http, string name)
    {
        var project = $"{http.Organization(options.Organization)}/{Uri.EscapeDataString(options.Project)}";
        return new()
        {
            Id = repositories.IdOf(name),
            Name = name,
            DefaultBranch = RepositoryDirectory.DefaultBranch,
            Url = $"{project}/_apis/git/repositories/{repositories.IdOf(name)}",
            RemoteUrl = $"{project}/_git/{Uri.EscapeDataString(name)}",
            Project = new(RecordId.Of("project", options.Organization, options.Project), options.Project),
        };
    }
}
