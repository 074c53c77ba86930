using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Pools;
using Tidepool.Pipelines;

namespace Tidepool.AzurePipelines.Api;

/// <summary>The pool and the agents in it.</summary>
internal sealed class AgentsApi(string organization, AgentPool pool, AccessTokens tokens)
{
    private const string Agents = $"{ResourceLocations.Pools}/{{poolId}}/agents";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(ResourceLocations.Pools, ListPoolsAsync);
        routes.MapGet($"{ResourceLocations.Pools}/{{poolId}}", GetPoolAsync);
        routes.MapGet(Agents, ListAsync);
        routes.MapGet($"{Agents}/{{agentId}}", GetAsync);
        routes.MapPost(Agents, AddAsync);
        routes.MapPut($"{Agents}/{{agentId}}", ReplaceAsync);
        routes.MapPatch($"{Agents}/{{agentId}}", UpdateAsync);
        routes.MapDelete($"{Agents}/{{agentId}}", RemoveAsync);
        routes.MapPut($"{Agents}/{{agentId}}/usercapabilities", SetUserCapabilitiesAsync);
        routes.MapPut($"{Agents}/{{agentId}}/updates", http => GetAsync(http));
        // No package of an agent is here, so none is told to update itself.
        routes.MapGet($"{ResourceLocations.Packages}/{{packageType}}", ListPackagesAsync);
        routes.MapGet($"{ResourceLocations.Packages}/{{packageType}}/{{platform}}", ListPackagesAsync);
    }

    /// <summary>Refuses a pool that is not the one.</summary>
    public static void MustBePool(HttpContext http)
    {
        if (http.RouteInt("poolId") is not AgentPool.Id and var poolId)
        {
            throw Refusal.PoolNotFound(poolId);
        }
    }

    private Task ListPoolsAsync(HttpContext http)
    {
        http.MustNotBeJob();
        var isAsked = (http.QueryText("poolIds")?.Split(',', StringSplitOptions.TrimEntries).Contains($"{AgentPool.Id}") ?? true)
            && (http.QueryText("poolName") is not { } name || name.Equals(pool.Name, StringComparison.OrdinalIgnoreCase))
            && (http.QueryText("poolType") is not { } type || type.Equals("automation", StringComparison.OrdinalIgnoreCase) || type == "1")
            && (http.QueryText("actionFilter")?.ToLowerInvariant() is not ("manage" or "2") || http.Caller() is Caller.Owner);
        return http.QueryInt("poolID") is { } poolId and not AgentPool.Id
            ? throw Refusal.PoolNotFound(poolId)
            : http.WriteListAsync(isAsked ? [pool.ToWire()] : [], ProtocolJson.Default.CollectionTaskAgentPool);
    }

    private Task GetPoolAsync(HttpContext http)
    {
        http.MustNotBeJob();
        MustBePool(http);
        return http.WriteAsync(pool.ToWire(), ProtocolJson.Default.TaskAgentPool);
    }

    private Task ListAsync(HttpContext http)
    {
        http.MustNotBeJob();
        MustBePool(http);
        var demands = http.QueryText("demands")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Demand.Parse).ToList();
        var agents = pool.List(http.QueryText("agentName"), Details(http), demands ?? []);
        return http.WriteListAsync(agents, ProtocolJson.Default.CollectionTaskAgent);
    }

    private Task GetAsync(HttpContext http)
    {
        http.MustNotBeJob();
        MustBePool(http);
        return http.WriteAsync(pool.Get(http.RouteInt("agentId"), Details(http)), ProtocolJson.Default.TaskAgent);
    }

    private static Task ListPackagesAsync(HttpContext http) => http.WriteListAsync([], BuildJson.Default.CollectionJsonElement);

    private static AgentDetails Details(HttpContext http) => new(
        http.QueryFlag("includeCapabilities"), http.QueryFlag("includeAssignedRequest"), http.QueryFlag("includeLastCompletedRequest"));

    /// <summary>The capabilities that people give an agent, beside those that it finds itself; the body has all of them.</summary>
    private async Task SetUserCapabilitiesAsync(HttpContext http)
    {
        http.MustBeOwner();
        MustBePool(http);
        var agent = new TaskAgent { UserCapabilities = await http.ReadAsync(ServiceJson.Default.DictionaryStringString) }.Checked();
        await http.WriteAsync(pool.Update(http.RouteInt("agentId"), agent), ProtocolJson.Default.TaskAgent);
    }

    private async Task AddAsync(HttpContext http)
    {
        http.MustBeOwner();
        MustBePool(http);
        var agent = await ReadAgentAsync(http);
        await http.WriteAsync(pool.Add(agent, TokenUrl(http)), ProtocolJson.Default.TaskAgent);
    }

    private async Task ReplaceAsync(HttpContext http)
    {
        http.MustBeOwner();
        MustBePool(http);
        var agentId = http.RouteInt("agentId");
        var agent = await ReadAgentAsync(http);
        var known = pool.Get(agentId, AgentDetails.None);
        var replaced = pool.Replace(agentId, agent, TokenUrl(http));
        if (replaced.Authorization?.ClientId != known.Authorization?.ClientId)
        {
            tokens.Retire(new Caller.Agent(agentId), TimeSpan.Zero);
        }

        await http.WriteAsync(replaced, ProtocolJson.Default.TaskAgent);
    }

    private async Task UpdateAsync(HttpContext http)
    {
        var agentId = http.RouteInt("agentId");
        http.MustBeAgent(agentId);
        MustBePool(http);
        var agent = (await http.ReadAsync(ProtocolJson.Default.TaskAgent)).Checked();
        await http.WriteAsync(pool.Update(agentId, agent), ProtocolJson.Default.TaskAgent);
    }

    private Task RemoveAsync(HttpContext http)
    {
        http.MustBeOwner();
        MustBePool(http);
        var agentId = http.RouteInt("agentId");
        pool.Remove(agentId);
        tokens.Retire(new Caller.Agent(agentId), TimeSpan.Zero);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static async Task<TaskAgent> ReadAgentAsync(HttpContext http)
    {
        var agent = (await http.ReadAsync(ProtocolJson.Default.TaskAgent)).Checked();
        if (string.IsNullOrEmpty(agent.Name))
        {
            throw Refusal.BadRequest("The agent has no name.");
        }

        if (agent.Authorization?.PublicKey is { } key && !key.IsUsable())
        {
            throw Refusal.BadRequest("The agent's public key is not an RSA key.");
        }

        return agent;
    }

    private string TokenUrl(HttpContext http) => $"{http.Organization(organization)}/{ConnectionApi.TokenRoute}";
}
