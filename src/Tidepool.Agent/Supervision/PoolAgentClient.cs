using System.Net;
using Tidepool.Agent.Registration;
using Tidepool.Agent.Token;
using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Supervision;

/// <summary>An agent as its pool knows it.</summary>
/// <param name="Job">The job request that is assigned to it; null when it is idle.</param>
internal sealed record PoolAgent(int PoolId, int Id, string Name, bool Enabled, bool Online, PoolJob? Job);

/// <summary>A job request that an agent has.</summary>
/// <param name="Received">Whether the agent has taken it; until then it may still go back to the queue.</param>
internal sealed record PoolJob(long RequestId, string Name, bool Received);

/// <summary>Looks at an agent from outside of it, takes it out of service and out of its pool.</summary>
/// <remarks>
/// All but <see cref="FindAsync"/> are for the end of a container, where nothing may fail: what cannot be done is logged and told.
/// Source: https://learn.microsoft.com/rest/api/azure/devops/distributedtask/agents
/// </remarks>
/// <param name="pool">A client with the token.</param>
/// <param name="source">Where the token comes from.</param>
internal sealed class PoolAgentClient(WireClient pool, TokenSource source, TimeProvider clock)
{
    private static readonly TimeSpan FindLimit = TimeSpan.FromSeconds(30);

    /// <summary>How long each of the other calls may take, with all its tries. Fargate gives 120 s for everything.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Finds an agent by name; null when the pool has none of it.</summary>
    /// <exception cref="AgentException">There is no such pool, the token is refused, or the service is out of reach.</exception>
    public async Task<PoolAgent?> FindAsync(string poolName, string agentName, CancellationToken ct)
    {
        try
        {
            return await WithinAsync(FindLimit, token => TryFindAsync(poolName, agentName, token), ct);
        }
        catch (WireException e)
        {
            throw PoolRefusal.Explain(e, pool.BaseUrl, source)
                ?? new("AGENT026", $"Agent {agentName} could not be looked up in its pool: {e.Message}.", "Read the service's text.");
        }
        catch (HttpRequestException e)
        {
            throw PoolRefusal.OutOfReach(pool.BaseUrl, FindLimit, e);
        }
    }

    /// <summary>The agent as it is now; null when it is gone or the pool cannot say.</summary>
    public async Task<PoolAgent?> LookAsync(PoolAgent agent, CancellationToken ct)
    {
        try
        {
            var now = await WithinAsync(
                Limit, token => pool.GetAsync($"{PathOf(agent)}?includeAssignedRequest=true", ProtocolJson.Default.TaskAgent, token), ct);
            return now is null ? null : Of(agent.PoolId, now);
        }
        catch (Exception e) when (IsTrouble(e))
        {
            AgentLog.Warning($"The pool could not say what agent {agent.Name} does: {e.Message}");
            return null;
        }
    }

    /// <summary>Whether a job request is assigned to the agent; null when the pool cannot say.</summary>
    public async Task<bool?> HasJobAsync(PoolAgent agent, CancellationToken ct) => await LookAsync(agent, ct) is { } now ? now.Job is not null : null;

    /// <summary>Has the pool give the agent no more jobs; a job that it runs goes on.</summary>
    /// <returns>Whether the pool took it.</returns>
    public Task<bool> DisableAsync(PoolAgent agent, CancellationToken ct) => SetEnabledAsync(agent, enabled: false, "no more jobs", ct);

    /// <summary>Has the pool give the agent jobs again: <c>config.sh --replace</c> leaves an agent disabled that was.</summary>
    /// <returns>Whether the pool took it.</returns>
    public Task<bool> EnableAsync(PoolAgent agent, CancellationToken ct) => SetEnabledAsync(agent, enabled: true, "jobs again", ct);

    /// <summary>Takes the agent out of the pool.</summary>
    /// <returns>Whether it is not there any more.</returns>
    public async Task<bool> RemoveAsync(PoolAgent agent, CancellationToken ct)
    {
        try
        {
            await WithinAsync(
                Limit,
                async token =>
                {
                    await pool.DeleteAsync(PathOf(agent), token);
                    return true;
                },
                ct);
            return true;
        }
        catch (WireException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return true;
        }
        catch (Exception e) when (IsTrouble(e))
        {
            AgentLog.Warning($"Agent {agent.Name} could not be removed from the pool and stays there as offline: {e.Message}");
            return false;
        }
    }

    private async Task<bool> SetEnabledAsync(PoolAgent agent, bool enabled, string what, CancellationToken ct)
    {
        try
        {
            await WithinAsync(
                Limit,
                async token =>
                {
                    await pool.SendAsync(
                        HttpMethod.Patch, PathOf(agent), new TaskAgent { Id = agent.Id, Name = agent.Name, Enabled = enabled }, ProtocolJson.Default.TaskAgent, token);
                    return true;
                },
                ct);
            return true;
        }
        catch (Exception e) when (IsTrouble(e))
        {
            AgentLog.Warning($"The pool was not told to send agent {agent.Name} {what}: {e.Message}");
            return false;
        }
    }

    private async Task<PoolAgent?> TryFindAsync(string poolName, string agentName, CancellationToken ct)
    {
        var pools = await pool.GetAsync(
            $"_apis/distributedtask/pools?poolName={Uri.EscapeDataString(poolName)}&poolType=Automation",
            ProtocolJson.Default.CollectionTaskAgentPool,
            ct);
        var poolId = (pools?.Value is [var found, ..] ? found : throw PoolRefusal.NoPool(pool.BaseUrl, poolName)).Id;
        var agents = await pool.GetAsync(
            $"_apis/distributedtask/pools/{poolId}/agents?agentName={Uri.EscapeDataString(agentName)}&includeCapabilities=false&includeAssignedRequest=true",
            ProtocolJson.Default.CollectionTaskAgent,
            ct);

        // The service may know only parts of the filter; another agent must never be taken for this one.
        return agents?.Value.FirstOrDefault(agent => agent.Name.Equals(agentName, StringComparison.OrdinalIgnoreCase)) is { } agent
            ? Of(poolId, agent)
            : null;
    }

    /// <summary>Tries within a limit that ends a try under way too.</summary>
    private async Task<T> WithinAsync<T>(TimeSpan limit, Func<CancellationToken, Task<T>> call, CancellationToken ct)
    {
        using var limited = new CancellationTokenSource(limit, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limited.Token);
        try
        {
            return await Retry.RunAsync(call, limit, clock, linked.Token);
        }
        catch (OperationCanceledException) when (limited.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new HttpRequestException($"no answer within {limit.TotalSeconds:0} s");
        }
    }

    /// <summary>Also when the caller has given up meanwhile: a limit of its own and the caller's may be over at the same moment.</summary>
    private static bool IsTrouble(Exception e) => e is HttpRequestException or WireException or AgentException;

    private static string PathOf(PoolAgent agent) => $"_apis/distributedtask/pools/{agent.PoolId}/agents/{agent.Id}";

    private static PoolAgent Of(int poolId, TaskAgent agent) => new(
        poolId,
        agent.Id,
        agent.Name,
        agent.Enabled ?? true,
        string.Equals(agent.Status, "online", StringComparison.OrdinalIgnoreCase),
        agent.AssignedRequest is { } request ? new(request.RequestId, request.JobName ?? "", request.ReceiveTime is not null) : null);
}
