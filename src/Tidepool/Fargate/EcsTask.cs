using System.Text.Json.Serialization;
using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Volumes;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>The words of a task's <c>lastStatus</c> and <c>desiredStatus</c>.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html</remarks>
public static class EcsTaskStatus
{
    /// <summary>The network interface is made.</summary>
    public const string Provisioning = "PROVISIONING";

    /// <summary>Waits for resources.</summary>
    public const string Pending = "PENDING";

    /// <summary>Images, secrets, volumes; containers start.</summary>
    public const string Activating = "ACTIVATING";

    /// <summary>Every container has started.</summary>
    public const string Running = "RUNNING";

    /// <summary>Load balancers let go of the task.</summary>
    public const string Deactivating = "DEACTIVATING";

    /// <summary>Containers get the stop signal.</summary>
    public const string Stopping = "STOPPING";

    /// <summary>Volumes and the network interface are removed.</summary>
    public const string Deprovisioning = "DEPROVISIONING";

    /// <summary>Nothing of the task is left.</summary>
    public const string Stopped = "STOPPED";
}

/// <summary>Why a task stopped, in one word.</summary>
public static class EcsStopCode
{
    /// <summary>The task never reached RUNNING.</summary>
    public const string TaskFailedToStart = "TaskFailedToStart";

    /// <summary>An essential container ended.</summary>
    public const string EssentialContainerExited = "EssentialContainerExited";

    /// <summary>StopTask was called.</summary>
    public const string UserInitiated = "UserInitiated";

    /// <summary>The service no longer wants the task.</summary>
    public const string ServiceSchedulerInitiated = "ServiceSchedulerInitiated";

    /// <summary>Fargate Spot takes the task's capacity back; its processes have been told and still may run.</summary>
    public const string TerminationNotice = "TerminationNotice";

    /// <summary>Fargate Spot has taken the task's capacity back.</summary>
    public const string SpotInterruption = "SpotInterruption";
}

/// <summary>A task, as DescribeTasks answers it.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html</remarks>
public sealed record EcsTask
{
    /// <summary>Full ARN, with the cluster's name and the task id.</summary>
    public required string TaskArn { get; init; }

    /// <summary>ARN of the cluster.</summary>
    public required string ClusterArn { get; init; }

    /// <summary>ARN of the task definition.</summary>
    public required string TaskDefinitionArn { get; init; }

    /// <summary>Where the task is, one of <see cref="EcsTaskStatus"/>.</summary>
    public string LastStatus { get; init; } = EcsTaskStatus.Provisioning;

    /// <summary>RUNNING or STOPPED.</summary>
    public string DesiredStatus { get; init; } = EcsTaskStatus.Running;

    /// <summary>The containers, in the order of the task definition.</summary>
    public IReadOnlyList<EcsContainer> Containers { get; init; } = [];

    /// <summary>When it became PENDING.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When the image pull began.</summary>
    public DateTimeOffset? PullStartedAt { get; init; }

    /// <summary>When the image pull ended.</summary>
    public DateTimeOffset? PullStoppedAt { get; init; }

    /// <summary>When it became RUNNING.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it began to stop.</summary>
    public DateTimeOffset? StoppingAt { get; init; }

    /// <summary>When its last container ended.</summary>
    public DateTimeOffset? ExecutionStoppedAt { get; init; }

    /// <summary>When it became STOPPED.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>One of <see cref="EcsStopCode"/>; null while it is wanted.</summary>
    public string? StopCode { get; init; }

    /// <summary>Why it stopped, as ECS words it.</summary>
    public string? StoppedReason { get; init; }

    /// <summary><c>service:NAME</c>, or <c>family:NAME</c> of a task that RunTask started.</summary>
    public required string Group { get; init; }

    /// <summary>The deployment of the service, or what RunTask said.</summary>
    public string? StartedBy { get; init; }

    /// <summary>Grows with every change.</summary>
    public long Version { get; init; }

    /// <summary>Always 1.4.0.</summary>
    public string PlatformVersion { get; init; } = "1.4.0";

    /// <summary>Always Linux.</summary>
    public string PlatformFamily { get; init; } = "Linux";

    /// <summary>Always FARGATE.</summary>
    public string LaunchType { get; init; } = "FARGATE";

    /// <summary>FARGATE or FARGATE_SPOT; null when the launch type was given.</summary>
    public string? CapacityProviderName { get; init; }

    /// <summary>That of its essential containers, one of <see cref="EcsHealthStatus"/>: the worst of UNHEALTHY, UNKNOWN, HEALTHY.</summary>
    public string HealthStatus { get; init; } = EcsHealthStatus.Unknown;

    /// <summary>Echoed; ExecuteCommand is not offered.</summary>
    public bool EnableExecuteCommand { get; init; }

    /// <summary>What RunTask said to have other than the task definition.</summary>
    public TaskOverride Overrides { get; init; } = new();

    /// <summary>The processor's architecture.</summary>
    public IReadOnlyList<EcsAttribute> Attributes { get; init; } = [];

    /// <summary>Tags; null when they were not asked for.</summary>
    public IReadOnlyList<EcsTag>? Tags { get; init; } = [];

    /// <summary>CPU units of the task.</summary>
    public string? Cpu { get; init; }

    /// <summary>MiB of the task.</summary>
    public string? Memory { get; init; }

    /// <summary>CONNECTED from the first container's start.</summary>
    public string? Connectivity { get; init; }

    /// <summary>When it became CONNECTED.</summary>
    public DateTimeOffset? ConnectivityAt { get; init; }

    /// <summary>Zone of the task; the first of the Region.</summary>
    public string? AvailabilityZone { get; init; }

    /// <summary>The task's disk.</summary>
    public EphemeralStorage EphemeralStorage { get; init; } = new(TaskDisks.DefaultGiB);

    /// <summary>The same, with the key of the cluster's setting.</summary>
    public TaskEphemeralStorage FargateEphemeralStorage { get; init; } = new(TaskDisks.DefaultGiB);

    /// <summary>The network interface.</summary>
    public IReadOnlyList<EcsAttachment> Attachments { get; init; } = [];

    /// <summary>The last segment of the ARN: 32 hex digits.</summary>
    [JsonIgnore]
    public string TaskId => TaskArn[(TaskArn.LastIndexOf('/') + 1)..];
}

/// <summary>A container of a task, as DescribeTasks answers it.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html</remarks>
public sealed record EcsContainer
{
    /// <summary>Full ARN.</summary>
    public required string ContainerArn { get; init; }

    /// <summary>ARN of the task.</summary>
    public required string TaskArn { get; init; }

    /// <summary>Name from the container definition.</summary>
    public required string Name { get; init; }

    /// <summary>Image from the container definition.</summary>
    public required string Image { get; init; }

    /// <summary>Id of the container in the runtime; null before its start.</summary>
    public string? RuntimeId { get; init; }

    /// <summary>PENDING, RUNNING or STOPPED.</summary>
    public string LastStatus { get; init; } = EcsTaskStatus.Pending;

    /// <summary>Exit code of its last run; null while it runs or when it never ran.</summary>
    public int? ExitCode { get; init; }

    /// <summary>What ECS adds to the exit code.</summary>
    public string? Reason { get; init; }

    /// <summary>CPU units of the container.</summary>
    public string Cpu { get; init; } = "0";

    /// <summary>Hard limit in MiB; null when the definition has none.</summary>
    public string? Memory { get; init; }

    /// <summary>Soft limit in MiB; null when the definition has none.</summary>
    public string? MemoryReservation { get; init; }

    /// <summary>Always empty with <c>awsvpc</c>.</summary>
    public IReadOnlyList<string> NetworkBindings { get; init; } = [];

    /// <summary>The task's network interface; none before it is attached.</summary>
    public IReadOnlyList<EcsNetworkInterface> NetworkInterfaces { get; init; } = [];

    /// <summary>What its health check tells, one of <see cref="EcsHealthStatus"/>.</summary>
    public string HealthStatus { get; init; } = EcsHealthStatus.Unknown;

    /// <summary>Id of its image; null where the image is only described. The ECS API has it in the metadata endpoint only.</summary>
    [JsonIgnore]
    public string? ImageId { get; init; }

    /// <summary>Restarts in place so far; the ECS API has it in the metadata endpoint only.</summary>
    [JsonIgnore]
    public int RestartCount { get; init; }

    /// <summary>When its last run started; the ECS API has it in the metadata endpoint only.</summary>
    [JsonIgnore]
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When its last run ended; the ECS API has it in the metadata endpoint only.</summary>
    [JsonIgnore]
    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>The disk of a task on Fargate.</summary>
/// <param name="SizeInGiB">20 to 200.</param>
/// <param name="KmsKeyId">The customer's key; echoed, as nothing is encrypted here. Null for AWS's own.</param>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskEphemeralStorage.html</remarks>
public sealed record TaskEphemeralStorage(int SizeInGiB, string? KmsKeyId = null);

/// <summary>Something attached to a task.</summary>
public sealed record EcsAttachment(string Id, string Type, string Status, IReadOnlyList<EcsKeyValue> Details)
{
    private const string Interface = "ElasticNetworkInterface";

    /// <summary>Whether it is the task's network interface.</summary>
    [JsonIgnore]
    public bool IsInterface => Type is Interface;

    /// <summary>The network interface of a task that was just asked for.</summary>
    internal static EcsAttachment NewInterface(string? subnet) => new($"{Guid.NewGuid():D}", Interface, "PRECREATED", [new("subnetId", subnet)]);

    /// <summary>The interface once the task has its network; in one that is this machine's it has an address alone.</summary>
    internal EcsAttachment Attached(TaskNetwork network, string region) => this with
    {
        Status = "ATTACHED",
        Details =
        [
            .. Details,
            .. network.MacAddress is { } mac
                ? new EcsKeyValue[] { new("networkInterfaceId", $"eni-{Id.Replace("-", "", StringComparison.Ordinal)[..17]}"), new("macAddress", mac), new("privateDnsName", network.PrivateDnsName(region)) }
                : [],
            new("privateIPv4Address", network.Address),
        ],
    };

    /// <summary>The interface after the task's end.</summary>
    internal EcsAttachment Deleted() => this with { Status = "DELETED" };
}

/// <summary>A network interface of a container.</summary>
public sealed record EcsNetworkInterface(string AttachmentId, string PrivateIpv4Address);

/// <summary>An attribute of a task.</summary>
public sealed record EcsAttribute(string Name, string? Value = null);
