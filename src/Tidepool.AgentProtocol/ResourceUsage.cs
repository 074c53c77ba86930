namespace Tidepool.AgentProtocol;

/// <summary>The answer to <c>_apis/distributedtask/resourceusage</c>: how many parallel jobs of one kind are in use.</summary>
/// <remarks>
/// Not in the public REST reference. Shape and route are those of Microsoft's own client:
/// https://learn.microsoft.com/javascript/api/azure-devops-extension-api/resourceusage
/// </remarks>
public sealed record ResourceUsage
{
    public ResourceLimit? ResourceLimit { get; init; }
    public int? UsedCount { get; init; }
    public IReadOnlyList<TaskAgentJobRequest>? RunningRequests { get; init; }
}

/// <summary>How many parallel jobs of one kind the organization has.</summary>
public sealed record ResourceLimit
{
    /// <summary>Free and bought together; absent where there is no limit.</summary>
    public int? TotalCount { get; init; }

    /// <summary>Whether it counts jobs on Microsoft's machines; false for agents of one's own.</summary>
    public bool? IsHosted { get; init; }

    /// <summary><c>Private</c> or <c>Public</c>: the kind of project.</summary>
    public string? ParallelismTag { get; init; }
}
