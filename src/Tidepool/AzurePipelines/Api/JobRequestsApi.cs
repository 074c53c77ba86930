using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Pools;

namespace Tidepool.AzurePipelines.Api;

/// <summary>The queue as agents renew it, as scalers count it, and what it uses of the organization's parallel jobs.</summary>
internal sealed class JobRequestsApi(AgentPool pool)
{
    private const string Requests = $"{ResourceLocations.Pools}/{{poolId}}/jobrequests";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Requests, ListAsync);
        routes.MapGet($"{Requests}/{{requestId}}", GetAsync);
        routes.MapPatch($"{Requests}/{{requestId}}", RenewOrFinishAsync);
        routes.MapGet(ResourceLocations.Usage, GetUsageAsync);
    }

    /// <summary>The parallel jobs in use. This service sells none, so there is no limit to tell; Microsoft's machines are not here.</summary>
    private Task GetUsageAsync(HttpContext http)
    {
        http.MustNotBeJob();
        var isHosted = http.QueryFlag("poolIsHosted");
        var running = isHosted ? [] : pool.ListRequests(top: null, finished: 0).Where(request => request.AssignTime is not null).ToList();
        var usage = new ResourceUsage
        {
            ResourceLimit = new() { IsHosted = isHosted, ParallelismTag = http.QueryText("parallelismTag") ?? "Private" },
            UsedCount = running.Count,
            RunningRequests = http.QueryFlag("includeRunningRequests") ? running : null,
        };
        return http.WriteAsync(usage, ProtocolJson.Default.ResourceUsage);
    }

    private Task ListAsync(HttpContext http)
    {
        http.MustNotBeJob();
        AgentsApi.MustBePool(http);
        var agents = (http.QueryText("agentId") ?? http.QueryText("agentIds"))?.Split(',', StringSplitOptions.TrimEntries)
            .Select(text => int.TryParse(text, out var id) ? id : throw Refusal.BadRequest($"'{text}' is no id of an agent.")).ToList();
        var requests = pool.ListRequests(http.QueryInt("$top"), http.QueryInt("completedRequestCount"), agents);
        return http.WriteListAsync(requests, ProtocolJson.Default.CollectionTaskAgentJobRequest);
    }

    private Task GetAsync(HttpContext http)
    {
        http.MustNotBeJob();
        AgentsApi.MustBePool(http);
        return http.WriteAsync(pool.GetRequest(http.RouteLong("requestId")), ProtocolJson.Default.TaskAgentJobRequest);
    }

    private async Task RenewOrFinishAsync(HttpContext http)
    {
        http.MustNotBeJob();
        AgentsApi.MustBePool(http);
        var requestId = http.RouteLong("requestId");
        if (pool.GetRequest(requestId).ReservedAgent is { } agent)
        {
            http.MustBeAgent(agent.Id);
        }

        var body = await http.ReadAsync(ProtocolJson.Default.TaskAgentJobRequest);
        if (WireResults.Parse(body.Result) is { } result)
        {
            pool.Finish(requestId, result, reason: null);
            await http.WriteAsync(pool.GetRequest(requestId), ProtocolJson.Default.TaskAgentJobRequest);
        }
        else
        {
            await http.WriteAsync(pool.Renew(requestId), ProtocolJson.Default.TaskAgentJobRequest);
        }
    }
}
