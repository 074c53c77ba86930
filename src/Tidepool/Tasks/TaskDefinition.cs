namespace Tidepool.Tasks;

/// <summary>What a task definition says, as RegisterTaskDefinition takes it.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html</remarks>
public record RegisterTaskDefinitionRequest
{
    /// <summary>The name that all revisions share: up to 255 letters, digits, underscores and hyphens.</summary>
    public string Family { get; init; } = "";

    /// <summary>The containers that run together in each task; 1 to 10.</summary>
    public IReadOnlyList<ContainerDefinition> ContainerDefinitions { get; init; } = [];

    /// <summary>Storage that containers mount by name.</summary>
    public IReadOnlyList<TaskVolume> Volumes { get; init; } = [];

    /// <summary>CPU of the whole task, <c>1024</c> or <c>1 vCPU</c>.</summary>
    public string? Cpu { get; init; }

    /// <summary>Memory of the whole task, <c>2048</c> (MiB) or <c>2 GB</c>.</summary>
    public string? Memory { get; init; }

    /// <summary>Fargate takes only <c>awsvpc</c>.</summary>
    public string? NetworkMode { get; init; }

    /// <summary>Role that pulls images and secrets and writes logs.</summary>
    public string? ExecutionRoleArn { get; init; }

    /// <summary>Role of the processes in the containers.</summary>
    public string? TaskRoleArn { get; init; }

    /// <summary><c>FARGATE</c>, <c>EC2</c> or both.</summary>
    public IReadOnlyList<string> RequiresCompatibilities { get; init; } = [];

    /// <summary>Disk of the task; null for Fargate's 20 GiB.</summary>
    public EphemeralStorage? EphemeralStorage { get; init; }

    /// <summary>Architecture and operating system; null for X86_64 and LINUX.</summary>
    public RuntimePlatform? RuntimePlatform { get; init; }

    /// <summary>On Fargate only <c>task</c>.</summary>
    public string? PidMode { get; init; }

    /// <summary>Refused on Fargate.</summary>
    public string? IpcMode { get; init; }

    /// <summary>App Mesh proxy.</summary>
    public ProxyConfiguration? ProxyConfiguration { get; init; }

    /// <summary>Refused on Fargate.</summary>
    public IReadOnlyList<TaskDefinitionPlacementConstraint> PlacementConstraints { get; init; } = [];

    /// <summary>Refused on Fargate.</summary>
    public IReadOnlyList<InferenceAccelerator> InferenceAccelerators { get; init; } = [];

    /// <summary>Whether fault injection requests are accepted.</summary>
    public bool? EnableFaultInjection { get; init; }

    /// <summary>Tags of the task definition.</summary>
    public IReadOnlyList<EcsTag> Tags { get; init; } = [];
}

/// <summary>A registered task definition, as DescribeTaskDefinition answers it.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html</remarks>
public sealed record TaskDefinition : RegisterTaskDefinitionRequest
{
    /// <summary>Makes revision <paramref name="revision"/> of what a request says.</summary>
    public TaskDefinition(RegisterTaskDefinitionRequest request, string taskDefinitionArn, int revision)
        : base(request) => (TaskDefinitionArn, Revision) = (taskDefinitionArn, revision);

    /// <summary>Full ARN with family and revision.</summary>
    public string TaskDefinitionArn { get; }

    /// <summary>Counts the registrations of the family from 1.</summary>
    public int Revision { get; }

    /// <summary><c>ACTIVE</c>, <c>INACTIVE</c> or <c>DELETE_IN_PROGRESS</c>.</summary>
    public string Status { get; init; } = "ACTIVE";

    /// <summary>Launch types that the definition was found valid for.</summary>
    public IReadOnlyList<string> Compatibilities { get; init; } = ["EC2", "FARGATE"];

    /// <summary>When it was registered.</summary>
    public DateTimeOffset? RegisteredAt { get; init; }

    /// <summary>When it became INACTIVE.</summary>
    public DateTimeOffset? DeregisteredAt { get; init; }

    /// <summary>When its deletion was asked for.</summary>
    public DateTimeOffset? DeleteRequestedAt { get; init; }
}

/// <summary>Size of a task's disk.</summary>
/// <param name="SizeInGiB">The total, 21 to 200.</param>
public sealed record EphemeralStorage(int SizeInGiB);

/// <summary>What the task's kernel and processor are.</summary>
/// <param name="CpuArchitecture"><c>X86_64</c> (default) or <c>ARM64</c>.</param>
/// <param name="OperatingSystemFamily"><c>LINUX</c> (default) or a Windows family.</param>
public sealed record RuntimePlatform(string? CpuArchitecture = null, string? OperatingSystemFamily = null);

/// <summary>A key and its value; values of a task definition's environment are plain.</summary>
public sealed record EcsKeyValue(string? Name = null, string? Value = null);

/// <summary>A tag.</summary>
public sealed record EcsTag(string? Key = null, string? Value = null);

/// <summary>App Mesh proxy of a task.</summary>
public sealed record ProxyConfiguration(string ContainerName, string? Type = null, IReadOnlyList<EcsKeyValue>? Properties = null);

/// <summary>A rule for the placement of tasks on EC2.</summary>
public sealed record TaskDefinitionPlacementConstraint(string? Type = null, string? Expression = null);

/// <summary>Elastic Inference, which no launch type offers any more.</summary>
public sealed record InferenceAccelerator(string DeviceName, string DeviceType);
