using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AzurePipelines.TaskPackages;

namespace Tidepool.AzurePipelines.Api;

/// <summary>The tasks that an agent fetches: their versions, and each version's package.</summary>
internal sealed class TasksApi(TaskStore tasks)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(ResourceLocations.Tasks, http => ListAsync(http, tasks.All));
        // Agents probe this with any task's id. An empty list says "here, but not this one".
        routes.MapGet($"{ResourceLocations.Tasks}/{{taskId}}", http => ListAsync(http, Versions(http)));
        routes.MapGet($"{ResourceLocations.Tasks}/{{taskId}}/{{versionString}}", GetAsync);
    }

    private IEnumerable<TaskPackage> Versions(HttpContext http)
    {
        var taskId = http.RouteGuid("taskId");
        return tasks.All.Where(package => package.Task.Id == taskId);
    }

    private static Task ListAsync(HttpContext http, IEnumerable<TaskPackage> packages) =>
        http.WriteListAsync([.. packages.Select(package => package.Task)], ServiceJson.Default.CollectionTaskDefinition);

    private async Task GetAsync(HttpContext http)
    {
        var version = http.RouteText("versionString");
        var package = Versions(http).FirstOrDefault(package => package.Task.Version.ToString() == version)
            ?? throw Refusal.TaskNotFound(http.RouteGuid("taskId"), version);
        if (!http.Wants(ZipAnswer.ContentType, "zip"))
        {
            await http.WriteAsync(package.Task, ServiceJson.Default.TaskDefinition);
            return;
        }

        await using var zip = package.Open();
        http.Response.ContentType = ZipAnswer.ContentType;
        http.Response.ContentLength = zip.Length;
        await zip.CopyToAsync(http.Response.Body, http.RequestAborted);
    }
}
