using System.Text.Json.Nodes;

namespace Tidepool.Fargate.Api;

/// <summary>Tasks.</summary>
internal sealed partial class EcsOperations
{
    private const int MostTasks = 100;

    private async Task<object> RunTaskAsync(JsonObject body, CancellationToken ct)
    {
        Refuse(body, "RunTask", "placementConstraints", "placementStrategy");
        if (body["overrides"] is JsonObject overrides)
        {
            Refuse(overrides, "RunTask's overrides", "inferenceAcceleratorOverrides");
            foreach (var container in (overrides["containerOverrides"] as JsonArray ?? []).OfType<JsonObject>())
            {
                Refuse(container, "RunTask's containerOverrides", "environmentFiles", "resourceRequirements");
            }
        }

        var request = Read<RunTaskRequest>(body) with { LaunchType = Text(body, "launchType") };
        return await fargate.RunTaskAsync(request, ct);
    }

    private async Task<object> StopTaskAsync(JsonObject body, CancellationToken ct)
    {
        var request = Read<StopTask>(body);
        return new { task = await fargate.StopTaskAsync(request.Cluster, request.Task, request.Reason, ct) };
    }

    private async Task<object> DescribeTasksAsync(JsonObject body, CancellationToken ct)
    {
        var request = Read<DescribeTasks>(body);
        NotEmpty(request.Tasks, "Tasks", MostTasks);
        var found = await fargate.DescribeTasksAsync(request.Cluster, request.Tasks, ct);
        return request.Include?.Contains("TAGS") is true
            ? found
            : found with { Tasks = [.. found.Tasks.Select(task => task with { Tags = [] })] };
    }

    private async Task<object> ListTasksAsync(JsonObject body, CancellationToken ct)
    {
        var pages = new JsonObject();
        foreach (var member in new[] { "nextToken", "maxResults" })
        {
            if (body.Remove(member, out var value))
            {
                pages[member] = value;
            }
        }

        var paging = Read<Paging>(pages);
        if (Text(body, "containerInstance") is not null)
        {
            // Fargate has none.
            return new { taskArns = Array.Empty<string>() };
        }

        var found = await fargate.ListTasksAsync(Read<ListTasksRequest>(body), ct);
        var page = Page.Of(found.TaskArns, paging.NextToken, paging.MaxResults);
        return new { taskArns = page.Items, page.NextToken };
    }

    private async Task<object> UpdateTaskProtectionAsync(JsonObject body, CancellationToken ct) =>
        await fargate.UpdateTaskProtectionAsync(Read<UpdateTaskProtectionRequest>(body), ct);

    private async Task<object> GetTaskProtectionAsync(JsonObject body, CancellationToken ct)
    {
        var request = Read<GetTaskProtection>(body);
        return await fargate.GetTaskProtectionAsync(request.Cluster, request.Tasks ?? [], ct);
    }

    private sealed record GetTaskProtection(string Cluster, IReadOnlyList<string>? Tasks = null);

    private sealed record StopTask(string Task, string Cluster = "default", string? Reason = null);

    private sealed record DescribeTasks(IReadOnlyList<string> Tasks, string Cluster = "default", IReadOnlyList<string>? Include = null);
}
