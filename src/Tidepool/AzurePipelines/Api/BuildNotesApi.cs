using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AzurePipelines.Runs;

namespace Tidepool.AzurePipelines.Api;

/// <summary>What is written onto a run: tags, properties, attached files; and the lists that are always empty here.</summary>
/// <remarks>
/// Sources: https://learn.microsoft.com/rest/api/azure/devops/build/tags, .../build/properties, .../build/attachments.
/// </remarks>
internal sealed class BuildNotesApi(PipelinesServiceOptions options, BuildResources resources, RunDirectory runs)
{
    private const string PatchType = "application/json-patch+json";
    private const int LongestTag = 256;
    private static readonly string[] EmptyOfBuilds = ["changes", "workitems", "leases"];

    // What a project of the service may have and this one has not.
    private static readonly string[] EmptyOfProject =
        ["build/retention/leases", "distributedtask/securefiles", "distributedtask/taskgroups", "serviceendpoint/endpoints"];

    public void Map(IEndpointRouteBuilder routes)
    {
        var project = $"{options.Project}/_apis";
        var build = $"{project}/build/builds/{{buildId}}";
        routes.MapGet($"{build}/tags", http => http.WriteListAsync(Run(http).Notes.Tags, BuildJson.Default.CollectionString));
        routes.MapPost($"{build}/tags", AddTagsAsync);
        routes.MapPatch($"{build}/tags", ChangeTagsAsync);
        routes.MapPut($"{build}/tags/{{tag}}", http => WriteTagsAsync(http, add: [http.RouteText("tag")], remove: []));
        routes.MapDelete($"{build}/tags/{{tag}}", http => WriteTagsAsync(http, add: [], remove: [http.RouteText("tag")]));
        routes.MapGet($"{project}/build/tags", http => http.WriteListAsync(
            [.. runs.All.SelectMany(run => run.Notes.Tags).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase)],
            BuildJson.Default.CollectionString));
        routes.MapGet($"{build}/properties", http => WritePropertiesAsync(http, Run(http)));
        routes.MapPatch($"{build}/properties", SetPropertiesAsync);
        routes.MapGet($"{build}/attachments/{{type}}", ListAttachmentsAsync);
        routes.MapGet($"{build}/{{timelineId}}/{{recordId}}/attachments/{{type}}/{{name}}", GetAttachmentAsync);
        foreach (var empty in EmptyOfBuilds.Select(name => $"{build}/{name}").Concat(EmptyOfProject.Select(name => $"{project}/{name}")))
        {
            routes.MapGet(empty, http => http.WriteListAsync([], BuildJson.Default.CollectionJsonElement));
        }
    }

    private async Task AddTagsAsync(HttpContext http) => await WriteTagsAsync(http, await http.ReadAsync(BuildJson.Default.ListString), remove: []);

    private async Task ChangeTagsAsync(HttpContext http)
    {
        var changes = await http.ReadAsync(BuildJson.Default.TagChanges);
        await WriteTagsAsync(http, changes.TagsToAdd ?? [], changes.TagsToRemove ?? []);
    }

    private Task WriteTagsAsync(HttpContext http, IReadOnlyList<string> add, IReadOnlyList<string> remove)
    {
        var run = Changeable(http);
        if (add.Concat(remove).Any(tag => tag is not { Length: > 0 and <= LongestTag }))
        {
            throw Refusal.BadRequest($"A tag has 1 to {LongestTag} characters.");
        }

        return http.WriteListAsync(run.Notes.ChangeTags([.. add.Select(run.Mask)], remove), BuildJson.Default.CollectionString);
    }

    /// <summary>A JSON patch: <c>add</c>, <c>replace</c> and <c>remove</c> of paths as in <c>/name</c>; or an object of names and values.</summary>
    private async Task SetPropertiesAsync(HttpContext http)
    {
        var run = Changeable(http);
        using var body = await JsonDocument.ParseAsync(http.Request.Body, default, http.RequestAborted);
        run.Notes.SetProperties(body.RootElement.ValueKind switch
        {
            JsonValueKind.Object => body.RootElement.EnumerateObject().ToDictionary(property => property.Name, property => property.Value),
            JsonValueKind.Array => body.RootElement.EnumerateArray().Select(Change).ToList(),
            _ => throw Refusal.BadRequest($"The body is neither a JSON patch ({PatchType}) nor an object."),
        });
        await WritePropertiesAsync(http, run);
    }

    private static KeyValuePair<string, JsonElement> Change(JsonElement operation)
    {
        if (operation.ValueKind != JsonValueKind.Object
            || !operation.TryGetProperty("path", out var path) || path.ValueKind != JsonValueKind.String
            || path.GetString()!.TrimStart('/') is not { Length: > 0 } name)
        {
            throw Refusal.BadRequest("An operation of the patch has no path.");
        }

        var isRemoval = operation.TryGetProperty("op", out var op) && op.ValueKind == JsonValueKind.String
            && op.GetString()!.Equals("remove", StringComparison.OrdinalIgnoreCase);
        return new(name, !isRemoval && operation.TryGetProperty("value", out var value) ? value : default);
    }

    private static Task WritePropertiesAsync(HttpContext http, RunLoop run) =>
        http.WriteAsync(new(run.Notes.Properties.Count, run.Notes.Properties), BuildJson.Default.PropertyBag);

    private Task ListAttachmentsAsync(HttpContext http)
    {
        var run = Run(http);
        var type = http.RouteText("type");
        return http.WriteListAsync(
            [
                .. run.Attachments.Where(attachment => attachment.Type.Equals(type, StringComparison.OrdinalIgnoreCase)).Select(attachment => new BuildAttachment
                {
                    Name = attachment.Name,
                    Links = new(new($"{resources.UrlOf(http, run)}/{attachment.TimelineId}/{attachment.RecordId}/attachments/"
                        + $"{Uri.EscapeDataString(attachment.Type)}/{Uri.EscapeDataString(attachment.Name)}")),
                }),
            ],
            BuildJson.Default.CollectionBuildAttachment);
    }

    private Task GetAttachmentAsync(HttpContext http)
    {
        var (type, name) = (http.RouteText("type"), http.RouteText("name"));
        var content = Run(http).ReadAttachment(http.RouteGuid("recordId"), type, name) ?? throw Refusal.NotFound($"Attachment {type}/{name} was not found.");
        http.Response.ContentType = "application/octet-stream";
        return http.Response.Body.WriteAsync(content, http.RequestAborted).AsTask();
    }

    private RunLoop Run(HttpContext http) => runs.FindRun(http.RouteInt("buildId"));

    /// <summary>A job changes its own run only; an agent, none.</summary>
    private RunLoop Changeable(HttpContext http)
    {
        var run = Run(http);
        http.MustReachPlan(run.Facts.PlanId);
        http.MustNotBeAgent();
        return run;
    }
}
