using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.State;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Pools;

/// <summary>A job as it is handed to the pool.</summary>
internal sealed record QueuedJob
{
    public required Guid ScopeId { get; init; }
    public required Guid PlanId { get; init; }
    public required string PlanGroup { get; init; }
    public required Guid JobId { get; init; }
    public required string JobName { get; init; }
    public required IReadOnlyList<Demand> Demands { get; init; }

    /// <summary>Says which of the agents that can take it may; null for all.</summary>
    public Func<IReadOnlyList<IReadOnlyDictionary<string, string>>, Func<IReadOnlyDictionary<string, string>, bool>>? Placement { get; init; }
    public required ResourceReference Definition { get; init; }
    public required ResourceReference Run { get; init; }

    /// <summary>Writes the job's message for an agent that reaches the organization by this URL.</summary>
    public required Func<JobRequest, Uri, string> Message { get; init; }

    /// <summary>Hears what happens to the request. Called under the pool's lock: it may only pass the news on.</summary>
    public required Action<JobRequestNews> Hears { get; init; }
}

/// <summary>What happens to a job request.</summary>
internal abstract record JobRequestNews
{
    private JobRequestNews()
    {
    }

    public sealed record Assigned(string AgentName, IReadOnlyDictionary<string, string> Capabilities) : JobRequestNews;

    /// <summary>The agent took the job.</summary>
    public sealed record Received : JobRequestNews;

    /// <summary>The agent went before it took the job; the request waits again.</summary>
    public sealed record Requeued : JobRequestNews;

    public sealed record Finished(NodeResult Result, string? Reason) : JobRequestNews;
}

/// <summary>A job's place in the queue. Only <see cref="AgentPool"/> changes it, under its lock.</summary>
internal sealed class JobRequest(long id, int poolId, QueuedJob job, DateTimeOffset queueTime)
{
    public long Id { get; } = id;
    public QueuedJob Job { get; } = job;
    public DateTimeOffset QueueTime { get; } = queueTime;
    public DateTimeOffset? AssignTime { get; set; }
    public DateTimeOffset? ReceiveTime { get; set; }
    public DateTimeOffset? FinishTime { get; set; }
    public DateTimeOffset? LockedUntil { get; set; }

    /// <summary>How long the agent may take to stop the job; null while it need not stop.</summary>
    public TimeSpan? CancelTimeout { get; set; }
    public NodeResult? Result { get; set; }

    /// <summary>Why it ended so, where its agent did not say it.</summary>
    public string? Reason { get; set; }
    public RegisteredAgent? Agent { get; set; }

    public StoredRequest ToStored() => new()
    {
        Id = Id,
        PlanId = Job.PlanId,
        JobId = Job.JobId,
        QueueTime = QueueTime,
        AssignTime = AssignTime,
        ReceiveTime = ReceiveTime,
        FinishTime = FinishTime,
        CancelTimeout = CancelTimeout,
        Result = Result,
        Reason = Reason,
        AgentId = Agent?.Id,
    };

    public TaskAgentJobRequest ToWire(IReadOnlyList<TaskAgent> matchedAgents) => new()
    {
        RequestId = Id,
        QueueTime = QueueTime,
        AssignTime = AssignTime,
        ReceiveTime = ReceiveTime,
        FinishTime = FinishTime,
        LockedUntil = LockedUntil,
        Result = Result?.ToWire(),
        ServiceOwner = Guid.Empty,
        HostId = Job.ScopeId,
        ScopeId = Job.ScopeId,
        PlanType = "Build",
        PlanGroup = Job.PlanGroup,
        PlanId = Job.PlanId,
        JobId = Job.JobId,
        JobName = Job.JobName,
        Demands = [.. Job.Demands.Select(demand => demand.ToString())],
        ReservedAgent = Agent?.ToReference(),
        MatchedAgents = Agent is null && Result is null ? matchedAgents : null,
        Definition = Job.Definition,
        Owner = Job.Run,
        Data = new Dictionary<string, string>(),
        PoolId = poolId,
        MatchesAllAgentsInPool = Job.Demands.Count == 0,
        UserDelayed = false,
        Priority = 0,
        OrchestrationId = $"{Job.PlanId}.{Job.JobName}".ToLowerInvariant(),
    };
}
