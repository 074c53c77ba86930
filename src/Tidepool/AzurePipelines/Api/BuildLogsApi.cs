using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Runs;

namespace Tidepool.AzurePipelines.Api;

/// <summary>What a run wrote: its timeline and its logs, one by one, in part, or all in a zip.</summary>
/// <remarks>Source: https://learn.microsoft.com/rest/api/azure/devops/build/builds/get-build-log</remarks>
internal sealed class BuildLogsApi(PipelinesServiceOptions options, BuildResources resources, RunDirectory runs)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var build = $"{options.Project}/_apis/build/builds/{{buildId}}";
        routes.MapGet($"{build}/timeline", GetTimelineAsync);
        routes.MapGet($"{build}/timeline/{{timelineId}}", GetTimelineAsync);
        foreach (var logs in new[] { $"{build}/logs", $"{options.Project}/_apis/pipelines/{{pipelineId}}/runs/{{buildId}}/logs" })
        {
            routes.MapGet(logs, ListLogsAsync);
            routes.MapGet($"{logs}/{{logId}}", GetLogAsync);
        }
    }

    private Task GetTimelineAsync(HttpContext http)
    {
        var run = Run(http);
        if (http.RouteText("timelineId") is { Length: > 0 } && http.RouteGuid("timelineId") is var id && id != run.Facts.TimelineId)
        {
            throw Refusal.NotFound($"Timeline {id} was not found.");
        }

        var timeline = run.ReadTimeline();
        return http.WriteAsync(
            timeline with
            {
                Records = [.. timeline.Records!.Select(record => record.Log is { } log ? record with { Log = log with { Type = "Container", Url = resources.LogUrl(http, run, log.Id) } } : record)],
            },
            ProtocolJson.Default.Timeline);
    }

    private Task ListLogsAsync(HttpContext http)
    {
        var run = Run(http);
        if (http.Wants(ZipAnswer.ContentType, "zip"))
        {
            return ZipAnswer.WriteAsync(http, $"logs_{run.Facts.Id}", run.Logs.Select(log => Packed(run, log.Id)));
        }

        return http.WriteListAsync(
            [
                .. run.Logs.Select(log => new BuildLog
                {
                    Id = log.Id,
                    Url = resources.LogUrl(http, run, log.Id),
                    CreatedOn = log.CreatedOn,
                    LastChangedOn = log.LastChangedOn,
                    LineCount = log.LineCount,
                }),
            ],
            BuildJson.Default.CollectionBuildLog);
    }

    /// <summary>Text, or where JSON is asked for a list of lines; of all lines or those from <c>startLine</c> (1 is the first) to <c>endLine</c>.</summary>
    private async Task GetLogAsync(HttpContext http)
    {
        var logId = http.RouteInt("logId");
        var run = Run(http);
        if (http.Wants(ZipAnswer.ContentType, "zip") && run.Logs.Any(known => known.Id == logId))
        {
            await ZipAnswer.WriteAsync(http, $"log_{logId}", [Packed(run, logId)]);
            return;
        }

        using var log = run.ReadLog(logId) ?? throw Refusal.NotFound($"Log {logId} was not found.");
        var (first, last) = (http.QueryInt("startLine") ?? 1, http.QueryInt("endLine") ?? int.MaxValue);
        if (http.Wants("application/json", "json"))
        {
            await http.WriteListAsync([.. Lines(log, first, last)], BuildJson.Default.CollectionString);
            return;
        }

        http.Response.ContentType = "text/plain; charset=utf-8";
        foreach (var line in Lines(log, first, last))
        {
            await http.Response.WriteAsync($"{line}\n", http.RequestAborted);
        }
    }

    private static PackedFile Packed(RunLoop run, int logId) => new($"{logId}.txt", async (target, ct) =>
    {
        using var log = run.ReadLog(logId)!;
        await using var writer = new StreamWriter(target, new UTF8Encoding(false), leaveOpen: true);
        foreach (var line in Lines(log, 1, int.MaxValue))
        {
            await writer.WriteLineAsync(line.AsMemory(), ct);
        }
    });

    private static IEnumerable<string> Lines(TextReader log, int first, int last)
    {
        for (var number = 1; number <= last && log.ReadLine() is { } line; number++)
        {
            if (number >= first)
            {
                yield return line;
            }
        }
    }

    private RunLoop Run(HttpContext http)
    {
        http.MustNotBeJob();
        return runs.FindRun(http.RouteInt("buildId"));
    }
}
