namespace Tidepool.Fargate;

/// <summary>A cluster, as DescribeClusters answers it.</summary>
public sealed record EcsCluster(string ClusterArn, string ClusterName, string Status);

/// <summary>A service, as DescribeServices answers it.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html</remarks>
public sealed record EcsService
{
    /// <summary>Full ARN.</summary>
    public required string ServiceArn { get; init; }

    /// <summary>Name, unique in the cluster.</summary>
    public required string ServiceName { get; init; }

    /// <summary>ARN of the cluster.</summary>
    public required string ClusterArn { get; init; }

    /// <summary>ACTIVE, DRAINING or INACTIVE.</summary>
    public string Status { get; init; } = "ACTIVE";

    /// <summary>Tasks that the service wants.</summary>
    public int DesiredCount { get; init; }

    /// <summary>Tasks that run.</summary>
    public int RunningCount { get; init; }

    /// <summary>Tasks that start.</summary>
    public int PendingCount { get; init; }

    /// <summary>ARN of the task definition of the primary deployment.</summary>
    public required string TaskDefinition { get; init; }

    /// <summary>Always FARGATE.</summary>
    public string LaunchType { get; init; } = "FARGATE";

    /// <summary>Always REPLICA; Fargate has no other.</summary>
    public string SchedulingStrategy { get; init; } = "REPLICA";

    /// <summary>Always LATEST, which is 1.4.0.</summary>
    public string PlatformVersion { get; init; } = "LATEST";

    /// <summary>How many tasks a deployment may have too few and too many.</summary>
    public DeploymentConfiguration DeploymentConfiguration { get; init; } = new();

    /// <summary>Network of the tasks.</summary>
    public NetworkConfiguration? NetworkConfiguration { get; init; }

    /// <summary>The primary deployment, and older ones that still have tasks.</summary>
    public IReadOnlyList<EcsDeployment> Deployments { get; init; } = [];

    /// <summary>What happened, newest first; 100 at most.</summary>
    public IReadOnlyList<EcsServiceEvent> Events { get; init; } = [];

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>One task definition on its way into a service.</summary>
public sealed record EcsDeployment
{
    /// <summary><c>ecs-svc/</c> and 19 digits; its tasks carry it as <c>startedBy</c>.</summary>
    public required string Id { get; init; }

    /// <summary>PRIMARY, or ACTIVE while tasks of an older one are left.</summary>
    public string Status { get; init; } = "PRIMARY";

    /// <summary>ARN of the task definition.</summary>
    public required string TaskDefinition { get; init; }

    /// <summary>Tasks that the deployment wants.</summary>
    public int DesiredCount { get; init; }

    /// <summary>Its tasks that run.</summary>
    public int RunningCount { get; init; }

    /// <summary>Its tasks that start.</summary>
    public int PendingCount { get; init; }

    /// <summary>Tasks in a row that never reached RUNNING.</summary>
    public int FailedTasks { get; init; }

    /// <summary>IN_PROGRESS or COMPLETED.</summary>
    public string RolloutState { get; init; } = "IN_PROGRESS";

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Something that happened to a service.</summary>
public sealed record EcsServiceEvent(string Id, DateTimeOffset CreatedAt, string Message);

/// <summary>How many tasks a deployment may have too few and too many.</summary>
/// <param name="MinimumHealthyPercent">Healthy tasks that must stay, of the desired count, rounded up. Default 100.</param>
/// <param name="MaximumPercent">Tasks that may be at once, of the desired count, rounded down. Default 200.</param>
public sealed record DeploymentConfiguration(int MinimumHealthyPercent = 100, int MaximumPercent = 200);

/// <summary>Network of a task.</summary>
public sealed record NetworkConfiguration(AwsvpcConfiguration? AwsvpcConfiguration = null);

/// <summary>Subnets and security groups of a task's network interface.</summary>
/// <param name="Subnets">1 to 16 subnets.</param>
/// <param name="SecurityGroups">Up to 5 security groups.</param>
/// <param name="AssignPublicIp">ENABLED or DISABLED (default).</param>
public sealed record AwsvpcConfiguration(
    IReadOnlyList<string> Subnets, IReadOnlyList<string>? SecurityGroups = null, string? AssignPublicIp = null);
