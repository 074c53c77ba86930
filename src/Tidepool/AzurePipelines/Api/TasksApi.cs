using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AzurePipelines.TaskPackages;

namespace Tidepool.AzurePipelines.Api;

/// <summary>The tasks that an agent without any of its own fetches: their versions, and each version's package.</summary>
internal static class TasksApi
{
    private const string Zip = "application/zip";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(ResourceLocations.Tasks, http => ListAsync(http, TaskPackage.All));
        // Agents probe this with any task's id. An empty list says "here, but not this one".
        routes.MapGet($"{ResourceLocations.Tasks}/{{taskId}}", http => ListAsync(http, Versions(http)));
        routes.MapGet($"{ResourceLocations.Tasks}/{{taskId}}/{{versionString}}", GetAsync);
    }

    private static IEnumerable<TaskPackage> Versions(HttpContext http)
    {
        var taskId = http.RouteGuid("taskId");
        return TaskPackage.All.Where(package => package.Task.Id == taskId);
    }

    private static Task ListAsync(HttpContext http, IEnumerable<TaskPackage> packages) =>
        http.WriteListAsync([.. packages.Select(package => package.Task)], ServiceJson.Default.CollectionTaskDefinition);

    private static Task GetAsync(HttpContext http)
    {
        var version = http.RouteText("versionString");
        var package = Versions(http).FirstOrDefault(package => package.Task.Version.ToString() == version)
            ?? throw Refusal.TaskNotFound(http.RouteGuid("taskId"), version);
        if (!http.Request.Headers.Accept.Any(accept => accept?.Contains(Zip, StringComparison.OrdinalIgnoreCase) == true))
        {
            return http.WriteAsync(package.Task, ServiceJson.Default.TaskDefinition);
        }

        http.Response.ContentType = Zip;
        http.Response.ContentLength = package.Zip.Length;
        return http.Response.Body.WriteAsync(package.Zip, http.RequestAborted).AsTask();
    }
}
