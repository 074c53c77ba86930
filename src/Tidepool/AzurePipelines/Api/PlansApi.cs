using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Pools;
using Tidepool.AzurePipelines.Runs;

namespace Tidepool.AzurePipelines.Api;

/// <summary>What an agent reports of the job it runs: timeline, console, logs, attachments, the end.</summary>
internal sealed class PlansApi(RunDirectory runs)
{
    private const string Timelines = $"{ResourceLocations.Plans}/timelines";
    private const string Records = $"{Timelines}/{{timelineId}}/records";
    private const string Attachment = $"{Records}/{{recordId}}/attachments/{{type}}/{{name}}";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Timelines, AddTimelineAsync);
        routes.MapGet($"{Timelines}/{{timelineId}}", GetTimelineAsync);
        routes.MapGet(Records, ListRecordsAsync);
        routes.MapPatch(Records, PatchRecordsAsync);
        routes.MapPost($"{Records}/{{recordId}}/feed", FeedAsync);
        routes.MapPut(Attachment, AttachAsync);
        routes.MapGet(Attachment, GetAttachmentAsync);
        routes.MapGet($"{ResourceLocations.Plans}/attachments/{{type}}", http => http.WriteListAsync(
            [.. Run(http).Attachments.Where(attachment => attachment.Type.Equals(http.RouteText("type"), StringComparison.OrdinalIgnoreCase))],
            ServiceJson.Default.CollectionTaskAttachment));
        routes.MapPost($"{ResourceLocations.Plans}/logs", AddLogAsync);
        routes.MapPost($"{ResourceLocations.Plans}/logs/{{logId}}", AppendLogAsync);
        routes.MapPost($"{ResourceLocations.Plans}/events", RaiseAsync);
    }

    private async Task AddTimelineAsync(HttpContext http)
    {
        var timeline = (await http.ReadAsync(ProtocolJson.Default.Timeline)).Checked();
        await http.WriteAsync(await Run(http).AddTimelineAsync(timeline.Id), ProtocolJson.Default.Timeline);
    }

    private async Task GetTimelineAsync(HttpContext http) => await http.WriteAsync(
        await Run(http).GetTimelineAsync(http.RouteGuid("timelineId"), http.QueryFlag("includeRecords")), ProtocolJson.Default.Timeline);

    private async Task ListRecordsAsync(HttpContext http)
    {
        var timeline = await Run(http).GetTimelineAsync(http.RouteGuid("timelineId"), includeRecords: true);
        await http.WriteListAsync(timeline.Records ?? [], ProtocolJson.Default.CollectionTimelineRecord);
    }

    private async Task PatchRecordsAsync(HttpContext http)
    {
        var sent = await http.ReadAsync(ProtocolJson.Default.CollectionTimelineRecord);
        var merged = await Run(http).PatchAsync(http.RouteGuid("timelineId"), sent.Checked());
        await http.WriteListAsync(merged, ProtocolJson.Default.CollectionTimelineRecord);
    }

    private async Task FeedAsync(HttpContext http)
    {
        var lines = (await http.ReadAsync(ProtocolJson.Default.TimelineRecordFeedLines)).Checked();
        await Run(http).FeedAsync(http.RouteGuid("recordId"), lines);
    }

    private async Task AddLogAsync(HttpContext http)
    {
        var log = await http.ReadAsync(ProtocolJson.Default.TaskLog);
        await http.WriteAsync(await Run(http).AddLogAsync(log.Path), ProtocolJson.Default.TaskLog);
    }

    private async Task AppendLogAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        var text = await reader.ReadToEndAsync(http.RequestAborted);
        await http.WriteAsync(await Run(http).AppendLogAsync(http.RouteInt("logId"), text), ProtocolJson.Default.TaskLog);
    }

    private async Task AttachAsync(HttpContext http)
    {
        using var content = new MemoryStream();
        await http.Request.Body.CopyToAsync(content, http.RequestAborted);
        var attachment = await Run(http).AttachAsync(
            http.RouteGuid("timelineId"), http.RouteGuid("recordId"), http.RouteText("type"), http.RouteText("name"), content.ToArray());
        await http.WriteAsync(attachment, ProtocolJson.Default.TaskAttachment);
    }

    private async Task GetAttachmentAsync(HttpContext http)
    {
        var (type, name) = (http.RouteText("type"), http.RouteText("name"));
        var content = Run(http).ReadAttachment(http.RouteGuid("recordId"), type, name) ?? throw Refusal.NotFound($"Attachment {type}/{name} was not found.");
        http.Response.ContentType = "application/octet-stream";
        await http.Response.Body.WriteAsync(content, http.RequestAborted);
    }

    private async Task RaiseAsync(HttpContext http)
    {
        var raised = (await http.ReadAsync(ProtocolJson.Default.PlanEvent)).Checked();
        if (raised.Name.Equals(PlanEvent.JobCompleted, StringComparison.OrdinalIgnoreCase))
        {
            await Run(http).CompleteAsync(
                raised.JobId, WireResults.Parse(raised.Result) ?? throw Refusal.BadRequest($"'{raised.Result}' is not a result."));
        }
    }

    private RunLoop Run(HttpContext http)
    {
        var planId = http.RouteGuid("planId");
        http.MustReachPlan(planId);
        return runs.Find(planId);
    }
}
