using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Runs;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Runs as Azure DevOps' Build API has them: state, timeline, logs and cancelling; and what happens in them as it happens.</summary>
internal sealed class BuildsApi(PipelinesServiceOptions options, RunDirectory runs, CancellationToken stopping)
{
    /// <summary>
    /// Not Azure DevOps' own, which tells its web pages what happens over SignalR: the events of a run from its beginning until its end, one
    /// JSON object a line, as they happen.
    /// </summary>
    public const string Events = "tidepool-events";

    private const int MostUnflushed = 64 * 1024;

    public void Map(IEndpointRouteBuilder routes)
    {
        var build = $"{options.Project}/_apis/build/builds/{{buildId}}";
        routes.MapGet(build, http => http.WriteAsync(ToWire(http, Run(http)), BuildJson.Default.Build));
        routes.MapPatch(build, UpdateAsync);
        routes.MapGet($"{build}/timeline", GetTimelineAsync);
        routes.MapGet($"{build}/timeline/{{timelineId}}", GetTimelineAsync);
        routes.MapGet($"{build}/logs", ListLogsAsync);
        routes.MapGet($"{build}/logs/{{logId}}", GetLogAsync);
        routes.MapGet($"{build}/{Events}", FollowAsync);
    }

    private async Task UpdateAsync(HttpContext http)
    {
        http.MustBeOwner();
        var run = Run(http);
        var wanted = (await http.ReadAsync(BuildJson.Default.BuildUpdate)).Status;
        if (wanted?.ToLowerInvariant() is not ("cancelling" or "4"))
        {
            throw Refusal.BadRequest($"The status of a run can be set to cancelling, and not to '{wanted}'.");
        }

        await run.CancelAsync();
        await http.WriteAsync(ToWire(http, run), BuildJson.Default.Build);
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
                Records = [.. timeline.Records!.Select(record => record.Log is { } log ? record with { Log = log with { Type = "Container", Url = LogUrl(http, run, log.Id) } } : record)],
            },
            ProtocolJson.Default.Timeline);
    }

    private Task ListLogsAsync(HttpContext http)
    {
        var run = Run(http);
        return http.WriteListAsync(
            [
                .. run.Logs.Select(log => new BuildLog
                {
                    Id = log.Id,
                    Url = LogUrl(http, run, log.Id),
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
        using var log = Run(http).ReadLog(logId) ?? throw Refusal.NotFound($"Log {logId} was not found.");
        var (first, last) = (http.QueryInt("startLine") ?? 1, http.QueryInt("endLine") ?? int.MaxValue);
        if (http.Request.Headers.Accept.ToString().Contains("application/json", StringComparison.OrdinalIgnoreCase))
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

    private async Task FollowAsync(HttpContext http)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        var run = Run(http);
        http.Response.ContentType = "application/x-ndjson";

        // Who follows may pause, a terminal that is held for example, and loses nothing by it.
        http.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = null;
        await http.Response.StartAsync(end.Token);
        try
        {
            var buffer = http.Response.BodyWriter;
            await using var events = run.Events.ReadAsync(end.Token).GetAsyncEnumerator(end.Token);
            while (true)
            {
                var next = events.MoveNextAsync();
                if (!next.IsCompleted)
                {
                    // Nothing more is there yet: whoever follows gets what is.
                    await buffer.FlushAsync(end.Token);
                }

                if (!await next)
                {
                    return;
                }

                buffer.Write(JsonSerializer.SerializeToUtf8Bytes(events.Current, RunEventJson.Default.RunEvent));
                buffer.Write("\n"u8);
                if (buffer.UnflushedBytes > MostUnflushed)
                {
                    await buffer.FlushAsync(end.Token);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The service ends; a stream without a last event says so.
        }
    }

    private RunLoop Run(HttpContext http)
    {
        http.MustNotBeJob();
        return runs.FindRun(http.RouteInt("buildId"));
    }

    private string UrlOf(HttpContext http, RunLoop run) =>
        $"{http.Organization(options.Organization)}/{Uri.EscapeDataString(options.Project)}/_apis/build/Builds/{run.Facts.Id}";

    private string LogUrl(HttpContext http, RunLoop run, int logId) => $"{UrlOf(http, run)}/logs/{logId}";

    private Build ToWire(HttpContext http, RunLoop run)
    {
        var (facts, progress) = (run.Facts, run.Progress);
        return new()
        {
            Id = facts.Id,
            BuildNumber = facts.Number,
            Status = progress.Result is not null ? "completed" : progress.Canceling ? "cancelling" : "inProgress",
            Result = progress.Result switch
            {
                null => null,
                NodeResult.Succeeded => "succeeded",
                NodeResult.SucceededWithIssues => "partiallySucceeded",
                NodeResult.Canceled => "canceled",
                _ => "failed",
            },
            QueueTime = facts.StartTime,
            StartTime = facts.StartTime,
            FinishTime = progress.FinishedAt,
            Url = UrlOf(http, run),
            Definition = new() { Id = facts.DefinitionId, Name = facts.Request.DefinitionName, Revision = 1 },
            Project = new(facts.ProjectId, facts.Project),
            Uri = facts.Uri,
            SourceBranch = facts.Request.SourceBranch,
            SourceVersion = facts.Request.SourceVersion,
            Reason = "manual",
            Repository = new() { Id = $"{facts.RepositoryId}", Name = facts.Request.RepositoryName, Type = "TfsGit" },
            OrchestrationPlan = new(facts.PlanId),
            Logs = new() { Id = 0, Url = $"{UrlOf(http, run)}/logs" },
        };
    }
}
