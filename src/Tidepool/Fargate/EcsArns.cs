namespace Tidepool.Fargate;

/// <summary>Makes ARNs and ids as ECS spells them.</summary>
internal sealed record EcsArns(string Region, string AccountId)
{
    public string Cluster(string name) => Of($"cluster/{name}");

    public string Service(string cluster, string name) => Of($"service/{cluster}/{name}");

    public string TaskDefinition(string family, int revision) => Of($"task-definition/{family}:{revision}");

    public string EcsTask(string cluster, string taskId) => Of($"task/{cluster}/{taskId}");

    public string Container(string cluster, string taskId) => Of($"container/{cluster}/{taskId}/{Guid.NewGuid():D}");

    /// <summary>32 hex digits.</summary>
    public static string NewTaskId() => Guid.NewGuid().ToString("n");

    /// <summary>A deployment of a service: 19 digits.</summary>
    public static string NewDeploymentId() =>
        $"ecs-svc/{Random.Shared.Next(100_000_000, 1_000_000_000)}{Random.Shared.GetString("0123456789", 10)}";

    /// <summary>A container of a task, as Fargate's runtime spells it: the task id, a hyphen, 10 digits.</summary>
    public static string NewRuntimeId(string taskId) => $"{taskId}-{Random.Shared.GetString("0123456789", 10)}";

    /// <summary>The last segment of an ARN, or the name itself.</summary>
    public static string NameOf(string nameOrArn) => nameOrArn[(nameOrArn.LastIndexOf('/') + 1)..];

    private string Of(string resource) => $"arn:aws:ecs:{Region}:{AccountId}:{resource}";
}
