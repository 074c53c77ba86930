using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AzurePipelines.Runs;

namespace Tidepool.AzurePipelines.Api;

/// <summary>The one project: by its name or its id, in its own routes and in those of all others.</summary>
/// <remarks>Source: https://learn.microsoft.com/rest/api/azure/devops/core/projects</remarks>
internal sealed class ProjectsApi(PipelinesServiceOptions options)
{
    private Guid Id => RecordId.Of("project", options.Organization, options.Project);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(ResourceLocations.Projects, http =>
        {
            http.MustNotBeJob();
            return http.WriteListAsync([ToWire(http)], BuildJson.Default.CollectionProject);
        });
        routes.MapGet($"{ResourceLocations.Projects}/{{projectId}}", http =>
        {
            var asked = http.RouteText("projectId");
            return IsMeant(asked) ? http.WriteAsync(ToWire(http), BuildJson.Default.Project) : throw Refusal.ProjectNotFound(asked);
        });
    }

    /// <summary>Lets clients name the project by its id, as those do that got the id from an answer; refuses any other project.</summary>
    public void UseProject(WebApplication app) => app.Use((http, next) =>
    {
        var path = http.Request.Path.Value!.Split('/', 4);
        if (path is ["", var organization, var project, { } rest] && IsOfProject(project, rest)
            && organization.Equals(options.Organization, StringComparison.OrdinalIgnoreCase))
        {
            http.Request.Path = IsMeant(project)
                ? $"/{organization}/{options.Project}/{rest}"
                : throw Refusal.ProjectNotFound(project);
        }

        return next(http);
    });

    // The plans' routes begin with a scope, which is what the agent was told, whatever it is.
    private static bool IsOfProject(string project, string rest) => project != "_apis"
        && rest.StartsWith("_apis/", StringComparison.OrdinalIgnoreCase)
        && !rest.StartsWith("_apis/distributedtask/hubs/", StringComparison.OrdinalIgnoreCase);

    private bool IsMeant(string nameOrId) => nameOrId.Equals(options.Project, StringComparison.OrdinalIgnoreCase)
        || (Guid.TryParse(nameOrId, out var id) && id == Id);

    private Project ToWire(HttpContext http) => new()
    {
        Id = Id,
        Name = options.Project,
        Url = $"{http.Organization(options.Organization)}/_apis/projects/{Id}",
        State = "wellFormed",
        Revision = 1,
        Visibility = "private",
    };
}
