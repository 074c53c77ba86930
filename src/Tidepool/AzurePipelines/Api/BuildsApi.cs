using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Tidepool.AzurePipelines.Runs;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Runs as Azure DevOps' Build API has them: queued, listed, told, cancelled; and what happens in them as it happens.</summary>
internal sealed class BuildsApi(
    PipelinesServiceOptions options, BuildResources resources, RunDirectory runs, RunQueue queue, CancellationToken stopping)
{
    /// <summary>
    /// Not Azure DevOps' own, which tells its web pages what happens over SignalR: the events of a run from its beginning until its end, one
    /// JSON object a line, as they happen.
    /// </summary>
    public const string Events = "tidepool-events";

    private const int MostUnflushed = 64 * 1024;

    public void Map(IEndpointRouteBuilder routes)
    {
        var all = $"{options.Project}/_apis/build/builds";
        var build = $"{all}/{{buildId}}";
        routes.MapGet(all, ListAsync);
        routes.MapPost(all, QueueAsync);
        routes.MapGet(build, http => http.WriteAsync(resources.ToWire(http, Run(http)), BuildJson.Default.Build));
        routes.MapPatch(build, UpdateAsync);
        routes.MapGet($"{options.Project}/_apis/build/latest/{{definition}}", GetLatestAsync);
        routes.MapPatch($"{build}/stages/{{stageRefName}}", UpdateStageAsync);
        routes.MapGet($"{build}/{Events}", FollowAsync);
    }

    /// <summary>The newest runs first, or as <c>queryOrder</c> says.</summary>
    private Task ListAsync(HttpContext http)
    {
        var filter = BuildFilter.Of(http);
        var builds = runs.All.Where(filter.Takes).Select(run => resources.ToWire(http, run));
        return http.WriteListAsync(filter.Order(builds), BuildJson.Default.CollectionBuild);
    }

    private async Task QueueAsync(HttpContext http)
    {
        http.MustBeOwner();
        var wanted = await http.ReadAsync(BuildJson.Default.BuildWish);
        var id = wanted.Definition?.Id ?? throw Refusal.BadRequest("The build names no definition.");
        var definition = runs.Definitions.Find(id) ?? throw Refusal.DefinitionNotFound(id);
        var variables = wanted.Parameters is { Length: > 0 } text ? JsonSerializer.Deserialize(text, ServiceJson.Default.DictionaryStringString) : null;
        var run = await queue.StartOrRefuseAsync(
            definition,
            new()
            {
                TemplateParameters = wanted.TemplateParameters,
                Variables = variables?.ToDictionary(pair => pair.Key, pair => new RunVariable { Value = pair.Value }),
                Resources = new()
                {
                    Repositories = new Dictionary<string, RunRepository>
                    {
                        ["self"] = new() { RefName = wanted.SourceBranch, Version = wanted.SourceVersion },
                    },
                },
            },
            http.RequestAborted);
        await http.WriteAsync(resources.ToWire(http, run), BuildJson.Default.Build);
    }

    private Task GetLatestAsync(HttpContext http)
    {
        var asked = http.RouteText("definition");
        var definition = runs.Definitions.All.FirstOrDefault(known =>
            known.Id.ToString(CultureInfo.InvariantCulture) == asked || known.Name.Equals(asked, StringComparison.OrdinalIgnoreCase))
            ?? throw Refusal.NotFound($"Definition {asked} was not found.");
        var branch = BuildFilter.Branch(http.QueryText("branchName"));
        var run = runs.All.LastOrDefault(run => run.Facts.DefinitionId == definition.Id && run.Progress.Result is not null
            && (branch is null || branch == run.Facts.Request.SourceBranch))
            ?? throw Refusal.NotFound($"No run of {definition.Name} has completed.");
        return http.WriteAsync(resources.ToWire(http, run), BuildJson.Default.Build);
    }

    /// <summary>Cancels the run, gives it another number, or marks it as kept; a job may only renumber its own.</summary>
    private async Task UpdateAsync(HttpContext http)
    {
        var run = Run(http);
        http.MustReachPlan(run.Facts.PlanId);
        var wanted = await http.ReadAsync(BuildJson.Default.BuildUpdate);
        if (wanted.Status is { } status)
        {
            http.MustBeOwner();
            if (status.ToLowerInvariant() is not ("cancelling" or "4"))
            {
                throw Refusal.BadRequest($"The status of a run can be set to cancelling, and not to '{status}'.");
            }

            await run.CancelAsync();
        }
        else if (wanted is { BuildNumber: null, KeepForever: null })
        {
            throw Refusal.BadRequest("Of a run its status, its number and whether it is kept can be changed; the body has none of them.");
        }

        if (wanted.KeepForever is { } keep)
        {
            run.Notes.Keep(keep);
        }

        if (wanted.BuildNumber is { } number)
        {
            run.Renumber(RunNumber.Checked(number));
        }

        await http.WriteAsync(resources.ToWire(http, run), BuildJson.Default.Build);
    }

    private async Task FollowAsync(HttpContext http)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        http.MustNotBeJob();
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

    /// <summary>Anybody of the organization may read runs: on the service a job's token reads those of its project too.</summary>
    private RunLoop Run(HttpContext http) => runs.FindRun(http.RouteInt("buildId"));

    /// <summary>Cancels a stage, runs it again, or starts one that waits for somebody.</summary>
    private async Task UpdateStageAsync(HttpContext http)
    {
        http.MustBeOwner();
        var (run, stage) = (Run(http), http.RouteText("stageRefName"));
        var wanted = await http.ReadAsync(BuildJson.Default.StageUpdate);
        await (wanted.State?.ToLowerInvariant() switch
        {
            "cancel" or "0" => run.CancelStageAsync(stage),
            "retry" or "1" => run.RetryStageAsync(stage, wanted.ForceRetryAllJobs ?? false),
            "run" or "2" => run.StartStageAsync(stage),
            _ => throw Refusal.BadRequest($"A stage can be set to cancel, to retry and to run, and not to '{wanted.State}'."),
        });
    }
}
