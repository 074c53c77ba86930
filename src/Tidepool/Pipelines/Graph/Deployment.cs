namespace Tidepool.Pipelines.Graph;

/// <summary>What a deployment job has beside what every job has. Its steps are those of its hooks.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/deployment-jobs</remarks>
public sealed record Deployment
{
    public required DeploymentStrategy Strategy { get; init; }

    /// <summary>Null when the job names none.</summary>
    public DeploymentEnvironment? Environment { get; init; }

    /// <summary>For <see cref="DeploymentStrategy.Rolling"/>: how many targets at once, a number or a percentage; null means all.</summary>
    public string? MaxParallel { get; init; }

    /// <summary>For <see cref="DeploymentStrategy.Canary"/>: percentages in order; the last step to 100 is implied.</summary>
    public IReadOnlyList<int> Increments { get; init; } = [];

    /// <summary>Those that are written, in the order in which they run.</summary>
    public IReadOnlyList<DeploymentHook> Hooks { get; init; } = [];
}

public enum DeploymentStrategy
{
    RunOnce,
    Rolling,
    Canary,
}

public sealed record DeploymentEnvironment(
    string Name, string? ResourceName, string? ResourceType, IReadOnlyList<string> Tags, SourcePosition Position)
{
    /// <summary>The resource's number, which a pipeline may give in the place of its name.</summary>
    public string? ResourceId { get; init; }
}

/// <summary>The steps of one moment of a deployment.</summary>
/// <param name="Kind">Which moment.</param>
/// <param name="Steps">As of an ordinary job; no checkout is added.</param>
/// <param name="Pool">Where they run; null means the job's pool.</param>
public sealed record DeploymentHook(HookKind Kind, IReadOnlyList<PipelineStep> Steps, PipelinePool? Pool, SourcePosition Position)
{
    /// <summary>Runs on the service, without an agent (<c>pool: server</c>).</summary>
    public bool IsAgentless { get; init; }
}

/// <summary>In the order in which they run; of the last two, only one does.</summary>
public enum HookKind
{
    PreDeploy,
    Deploy,
    RouteTraffic,
    PostRouteTraffic,
    OnFailure,
    OnSuccess,
}
