using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Api;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Pools;

/// <summary>The one pool: its agents, their sessions and the queue of job requests. One lock; nothing waits under it.</summary>
internal sealed partial class AgentPool : IDisposable
{
    public const int Id = 1;

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly TimeSpan _builtInLease;
    private readonly bool _waitForAgents;
    private readonly DateTimeOffset _createdOn;
    private readonly ITimer _sweep;
    private readonly SortedDictionary<int, RegisteredAgent> _agents = [];
    private int _lastAgentId;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="waitForAgents">Whether jobs wait that no agent can take.</param>
    public AgentPool(string name, TimeSpan lease, bool waitForAgents, TimeProvider clock)
    {
        Name = name;
        _waitForAgents = waitForAgents;
        _builtInLease = lease;
        _clock = clock;
        _createdOn = clock.GetUtcNow();
        _sweep = clock.CreateTimer(_ => Sweep(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Name { get; }

    public void Dispose() => _sweep.Dispose();

    public TaskAgentPool ToWire()
    {
        lock (_gate)
        {
            return new()
            {
                Id = Id,
                Name = Name,
                Size = _agents.Count,
                CreatedOn = _createdOn,
                AutoProvision = true,
                AutoUpdate = false,
                AutoSize = true,
                Scope = Guid.Empty,
            };
        }
    }

    /// <summary>The agents in order of their ids.</summary>
    /// <param name="name">Only the one of that name; null for all.</param>
    /// <param name="details">What is told of them.</param>
    /// <param name="demands">Only those that meet all of them.</param>
    public IReadOnlyList<TaskAgent> List(string? name, AgentDetails details, IReadOnlyList<Demand> demands)
    {
        lock (_gate)
        {
            return
            [
                .. _agents.Values
                    .Where(agent => name is null || agent.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                    .Where(agent => demands.All(demand => demand.IsMetBy(agent.AllCapabilities)))
                    .Select(agent => agent.ToWire(details)),
            ];
        }
    }

    public TaskAgent Get(int agentId, AgentDetails details)
    {
        lock (_gate)
        {
            return Find(agentId).ToWire(details);
        }
    }

    public RegisteredAgent? FindByClient(Guid clientId)
    {
        lock (_gate)
        {
            return _agents.Values.FirstOrDefault(agent => agent.ClientId == clientId);
        }
    }

    public async Task<IReadOnlyList<TaskAgent>> WaitAsync(Func<IReadOnlyList<TaskAgent>, bool> until, CancellationToken ct)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                next = _changed.Task;
            }

            if (List(name: null, new(Capabilities: true, AssignedRequest: true), []) is var list && until(list))
            {
                return list;
            }

            await next.WaitAsync(ct);
        }
    }

    /// <summary>Adds an agent.</summary>
    /// <exception cref="WireException">The name is taken.</exception>
    public TaskAgent Add(TaskAgent agent, string authorizationUrl)
    {
        lock (_gate)
        {
            if (_agents.Values.Any(other => other.Name.Equals(agent.Name, StringComparison.OrdinalIgnoreCase)))
            {
                throw Refusal.AgentExists(agent.Name, Name);
            }

            var added = new RegisteredAgent { Id = ++_lastAgentId, Name = agent.Name, CreatedOn = _clock.GetUtcNow() };
            _agents.Add(added.Id, added);
            Describe(added, agent);
            SetKey(added, agent.Authorization?.PublicKey, authorizationUrl);
            Assign();
            return added.ToWire(new(Capabilities: true));
        }
    }

    /// <summary>Replaces an agent. With another key it is another agent by the same name: the old one's session and job end.</summary>
    public TaskAgent Replace(int agentId, TaskAgent agent, string authorizationUrl)
    {
        lock (_gate)
        {
            var known = Find(agentId);
            if (agent.Authorization?.PublicKey is { } key && key != known.PublicKey)
            {
                End(known, $"lost: agent {known.Name} was replaced");
                SetKey(known, key, authorizationUrl);
            }

            Describe(known, agent);
            Assign();
            return known.ToWire(new(Capabilities: true));
        }
    }

    /// <summary>Changes what is given: whether the agent takes jobs, its capabilities.</summary>
    public TaskAgent Update(int agentId, TaskAgent agent)
    {
        lock (_gate)
        {
            var known = Find(agentId);
            Describe(known, agent);
            Assign();
            return known.ToWire(new(Capabilities: true));
        }
    }

    /// <summary>Removes an agent; a job it still runs is lost.</summary>
    public void Remove(int agentId)
    {
        lock (_gate)
        {
            var known = Find(agentId);
            _agents.Remove(agentId);
            End(known, $"lost: agent {known.Name} was removed");
            Assign();
        }
    }

    /// <summary>Ends the session and the job of an agent whose process is known to be gone.</summary>
    public void ReportLost(string agentName, string reason, DateTimeOffset since)
    {
        lock (_gate)
        {
            if (Named(agentName) is { Session: { } session } known && session.BeganAt <= since)
            {
                End(known, reason);
                Assign();
            }
        }
    }

    public void SetEnabled(string agentName, bool enabled)
    {
        lock (_gate)
        {
            if (Named(agentName) is { } known)
            {
                known.Enabled = enabled;
                Assign();
            }
        }
    }

    private RegisteredAgent? Named(string name) =>
        _agents.Values.FirstOrDefault(agent => agent.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static void Describe(RegisteredAgent known, TaskAgent agent)
    {
        known.Version = agent.Version ?? known.Version;
        known.OsDescription = agent.OsDescription ?? known.OsDescription;
        known.Enabled = agent.Enabled ?? known.Enabled;
        known.MaxParallelism = agent.MaxParallelism ?? known.MaxParallelism;
        known.SystemCapabilities = agent.SystemCapabilities is { } system ? Capabilities.Of(system) : known.SystemCapabilities;
        known.UserCapabilities = agent.UserCapabilities is { } user ? Capabilities.Of(user) : known.UserCapabilities;
    }

    private static void SetKey(RegisteredAgent agent, TaskAgentPublicKey? key, string authorizationUrl) =>
        (agent.ClientId, agent.PublicKey, agent.AuthorizationUrl) = (Guid.NewGuid(), key, authorizationUrl);

    private RegisteredAgent Find(int agentId) => _agents.TryGetValue(agentId, out var agent) ? agent : throw Refusal.AgentNotFound(agentId);

    private void End(RegisteredAgent agent, string reason)
    {
        Close(agent.Session);
        if (agent.Assigned is { } request)
        {
            Finish(request, NodeResult.Abandoned, reason);
        }
    }

    private void Announce()
    {
        var signal = _changed;
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        signal.SetResult();
        Arm();
    }
}
