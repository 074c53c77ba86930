using System.Net;
using System.Text.Json;
using Tidepool.Agent.Token;
using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Registration;

/// <summary>Who the agent is in the pool, once registered.</summary>
internal sealed record RegisteredAgent
{
    public required int PoolId { get; init; }
    public required int AgentId { get; init; }
    public required string Name { get; init; }

    /// <summary>The ECS task; null outside of ECS.</summary>
    public required TaskFacts? EcsTask { get; init; }
    public required TaskAgentAuthorization Authorization { get; init; }
    public required IReadOnlyDictionary<string, string> Capabilities { get; init; }

    /// <summary>Whether the service knows its own address only from inside, so that URLs it gives need ours.</summary>
    public required bool OnPremises { get; init; }

    public TaskAgent Reference =>
        new() { Id = AgentId, Name = Name, Version = AgentVersion.InPool, OsDescription = OperatingSystemName.Value };
}

/// <summary>Adds the agent to the pool, and takes it out again.</summary>
/// <param name="pool">A client with the token.</param>
/// <param name="source">Where the token comes from.</param>
internal sealed class AgentRegistration(WireClient pool, TokenSource source, AgentSettings settings, TimeProvider clock)
{
    /// <summary>How long the service may be out of reach while the agent starts.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(5);

    /// <summary>Whether an agent of the same name that is in the pool already is replaced; else it is an error.</summary>
    public bool Replaces { get; init; } = true;

    /// <summary>Whether one that is replaced gets jobs again where it was disabled.</summary>
    public bool Enables { get; init; } = true;

    /// <summary>Registers. Everything that waits on nothing runs at once.</summary>
    /// <exception cref="AgentException">The service refused or could not be reached.</exception>
    public async Task<RegisteredAgent> RegisterAsync(
        Task<AgentIdentity> identity, IReadOnlyDictionary<string, string> environment, CancellationToken ct)
    {
        try
        {
            return await Retry.RunAsync(token => TryRegisterAsync(identity, environment, token), StartLimit, clock, ct);
        }
        catch (WireException e)
        {
            throw PoolRefusal.Explain(e, settings.Url, source)
                ?? new("AGENT008", $"The agent could not be registered: {e.Message}.", e.Status is HttpStatusCode.Conflict
                    ? "Two agents of one task have one name where neither FARGATE_CONTAINER nor AZP_AGENT_NAME is set: set one in each container."
                    : "Read the service's text; the pool's page shows its agents.");
        }
        catch (HttpRequestException e)
        {
            throw PoolRefusal.OutOfReach(settings.Url, StartLimit, e);
        }
    }

    /// <summary>Takes the agent out of the pool; a pool that cannot be reached any more keeps it as offline.</summary>
    public async Task LeaveAsync(RegisteredAgent agent)
    {
        using var limit = new CancellationTokenSource(LeaveLimit, clock);
        try
        {
            await pool.DeleteAsync($"_apis/distributedtask/pools/{agent.PoolId}/agents/{agent.AgentId}", limit.Token);
        }
        catch (WireException e) when (e.Status == HttpStatusCode.NotFound)
        {
            // Someone else removed it.
        }
        catch (Exception e) when (e is HttpRequestException or WireException or AgentException or OperationCanceledException)
        {
            AgentLog.Warning($"The agent could not be removed from the pool and stays there as offline: {e.Message}");
        }
    }

    /// <summary>Tells the pool to send no more jobs.</summary>
    public async Task DisableAsync(RegisteredAgent agent, CancellationToken ct)
    {
        try
        {
            await pool.SendAsync(
                HttpMethod.Patch,
                $"_apis/distributedtask/pools/{agent.PoolId}/agents/{agent.AgentId}",
                new TaskAgent { Id = agent.AgentId, Name = agent.Name, Enabled = false },
                ProtocolJson.Default.TaskAgent,
                ct);
        }
        catch (Exception e) when (e is HttpRequestException or WireException or AgentException or OperationCanceledException)
        {
            AgentLog.Warning($"The pool was not told to send no more jobs; one that comes is left to other agents: {e.Message}");
        }
    }

    private async Task<RegisteredAgent> TryRegisterAsync(
        Task<AgentIdentity> identity, IReadOnlyDictionary<string, string> environment, CancellationToken ct)
    {
        var onPremises = IsOnPremisesAsync(pool, ct);
        var pools = pool.GetAsync(
            $"_apis/distributedtask/pools?poolName={Uri.EscapeDataString(settings.Pool)}&poolType=Automation",
            ProtocolJson.Default.CollectionTaskAgentPool,
            ct);
        var task = TaskMetadata.ReadAsync(settings.MetadataUri, clock, ct);
        await Task.WhenAll(onPremises, pools, task);

        var ecsTask = await task;
        var name = settings.Name ?? NameOf(settings.Container, ecsTask?.TaskId);
        var poolId = ((await pools)?.Value is [var found, ..] ? found : throw PoolRefusal.NoPool(settings.Url, settings.Pool)).Id;
        var agentsPath = $"_apis/distributedtask/pools/{poolId}/agents";
        var existing = await pool.GetAsync(
            $"{agentsPath}?agentName={Uri.EscapeDataString(name)}&includeCapabilities=False", ProtocolJson.Default.CollectionTaskAgent, ct);
        var capabilities = Capabilities.Collect(
            name, AppContext.BaseDirectory.TrimEnd('/'), WithTask(environment, ecsTask, settings.Container));

        if (!Replaces && existing?.Value is [_, ..])
        {
            throw new AgentException(
                "AGENT018", $"Pool {settings.Pool} already contains an agent with name {name}.", "Choose another name, or replace it with --replace.");
        }
        var known = existing?.Value is [var old, ..] ? old : new() { Name = name, MaxParallelism = 1, ProvisioningState = "Provisioned" };
        var agent = known with
        {
            Version = AgentVersion.InPool,
            OsDescription = OperatingSystemName.Value,
            Enabled = Enables ? true : known.Enabled,
            SystemCapabilities = capabilities,
            Authorization = new() { PublicKey = (await identity).PublicKey },
        };
        var (method, path) = agent.Id == 0 ? (HttpMethod.Post, agentsPath) : (HttpMethod.Put, $"{agentsPath}/{agent.Id}");
        var registered = await pool.SendAsync(method, path, agent, ProtocolJson.Default.TaskAgent, ProtocolJson.Default.TaskAgent, ct);
        return new()
        {
            PoolId = poolId,
            AgentId = registered!.Id,
            Name = name,
            EcsTask = ecsTask,
            Authorization = registered.Authorization!,
            Capabilities = capabilities,
            OnPremises = await onPremises,
        };
    }

    /// <summary>Whether the service is a server that may not know the address by which it is reached.</summary>
    public static async Task<bool> IsOnPremisesAsync(WireClient client, CancellationToken ct)
    {
        var connection = await client.GetAsync(
            "_apis/connectionData?connectOptions=0&lastChangeId=-1&lastChangeId64=-1", ProtocolJson.Default.ConnectionData, ct);
        return !string.Equals(connection?.DeploymentType, "hosted", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The task's id is part of the name, so that a second task never takes over a live agent.</summary>
    internal static string NameOf(string? container, string? taskId) =>
        taskId is null ? Environment.MachineName : $"{container ?? Environment.MachineName}-{taskId}";

    /// <summary>The environment with what a job needs to know of its place.</summary>
    public static IReadOnlyDictionary<string, string> WithTask(
        IReadOnlyDictionary<string, string> environment, TaskFacts? task, string? container)
    {
        var all = new Dictionary<string, string>(environment);
        if (task is not null)
        {
            all["FARGATE_TASK"] = task.TaskId;
        }
        if (task?.Revision is { } revision)
        {
            all["FARGATE_REVISION"] = revision;
        }
        if (container is not null)
        {
            all["FARGATE_CONTAINER"] = container;
        }
        return all;
    }
}
