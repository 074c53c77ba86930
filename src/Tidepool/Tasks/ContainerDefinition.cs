namespace Tidepool.Tasks;

/// <summary>One container of a task definition.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html</remarks>
public sealed record ContainerDefinition
{
    /// <summary>Unique in the task: up to 255 letters, digits, underscores and hyphens.</summary>
    public string Name { get; init; } = "";

    /// <summary>Image with tag or digest.</summary>
    public string Image { get; init; } = "";

    /// <summary>CPU units of the container; 0 shares what is left.</summary>
    public int Cpu { get; init; }

    /// <summary>Hard memory limit in MiB.</summary>
    public int? Memory { get; init; }

    /// <summary>Soft memory limit in MiB.</summary>
    public int? MemoryReservation { get; init; }

    /// <summary>Whether any exit of this container stops the task. Default true.</summary>
    public bool? Essential { get; init; }

    /// <summary>Arguments of the entry point; null for the image's.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>The program; null for the image's.</summary>
    public IReadOnlyList<string>? EntryPoint { get; init; }

    /// <summary>Where the process starts; null for the image's.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>User, uid, user:group or uid:gid; null for the image's.</summary>
    public string? User { get; init; }

    /// <summary>Plain environment variables.</summary>
    public IReadOnlyList<EcsKeyValue> Environment { get; init; } = [];

    /// <summary>Files of environment variables in S3.</summary>
    public IReadOnlyList<EnvironmentFile> EnvironmentFiles { get; init; } = [];

    /// <summary>Environment variables whose values the execution role reads at start.</summary>
    public IReadOnlyList<ContainerSecret> Secrets { get; init; } = [];

    /// <summary>Volumes of the task and where the container sees them.</summary>
    public IReadOnlyList<MountPoint> MountPoints { get; init; } = [];

    /// <summary>Other containers whose mounts this one takes over.</summary>
    public IReadOnlyList<VolumeFrom> VolumesFrom { get; init; } = [];

    /// <summary>What must have happened to other containers before this one starts.</summary>
    public IReadOnlyList<ContainerDependency> DependsOn { get; init; } = [];

    /// <summary>Seconds that dependents wait for this container; null for no limit.</summary>
    public int? StartTimeout { get; init; }

    /// <summary>Seconds between the stop signal and SIGKILL, up to 120. Default 30.</summary>
    public int? StopTimeout { get; init; }

    /// <summary>How the container's health is found out.</summary>
    public HealthCheck? HealthCheck { get; init; }

    /// <summary>Whether the container is restarted in place when it ends.</summary>
    public ContainerRestartPolicy? RestartPolicy { get; init; }

    /// <summary>Where the output goes.</summary>
    public LogConfiguration? LogConfiguration { get; init; }

    /// <summary>Whether the root file system is read-only.</summary>
    public bool? ReadonlyRootFilesystem { get; init; }

    /// <summary>Ports the container listens on.</summary>
    public IReadOnlyList<PortMapping> PortMappings { get; init; } = [];

    /// <summary>Resource limits of the processes.</summary>
    public IReadOnlyList<Ulimit> Ulimits { get; init; } = [];

    /// <summary>Kernel settings of the container.</summary>
    public LinuxParameters? LinuxParameters { get; init; }

    /// <summary>Kernel parameters in the container's namespaces.</summary>
    public IReadOnlyList<SystemControl> SystemControls { get; init; } = [];

    /// <summary>Credentials of a private registry.</summary>
    public RepositoryCredentials? RepositoryCredentials { get; init; }

    /// <summary>GPUs and accelerators; refused on Fargate.</summary>
    public IReadOnlyList<ResourceRequirement> ResourceRequirements { get; init; } = [];

    /// <summary>FireLens log router.</summary>
    public FirelensConfiguration? FirelensConfiguration { get; init; }

    /// <summary>Labels of the container.</summary>
    public IReadOnlyDictionary<string, string> DockerLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether standard input stays open.</summary>
    public bool? Interactive { get; init; }

    /// <summary>Whether a terminal is allocated.</summary>
    public bool? PseudoTerminal { get; init; }

    /// <summary>Host name of the container; not with awsvpc.</summary>
    public string? Hostname { get; init; }

    /// <summary><c>enabled</c> or <c>disabled</c>: whether tags are resolved to digests.</summary>
    public string? VersionConsistency { get; init; }

    /// <summary>Credential specification files of Windows and domain-less gMSA.</summary>
    public IReadOnlyList<string> CredentialSpecs { get; init; } = [];

    /// <summary>Refused on Fargate when true.</summary>
    public bool? Privileged { get; init; }

    /// <summary>Refused on Fargate.</summary>
    public bool? DisableNetworking { get; init; }

    /// <summary>Refused on Fargate.</summary>
    public IReadOnlyList<string> Links { get; init; } = [];

    /// <summary>Refused on Fargate.</summary>
    public IReadOnlyList<string> DnsServers { get; init; } = [];

    /// <summary>Refused on Fargate.</summary>
    public IReadOnlyList<string> DnsSearchDomains { get; init; } = [];

    /// <summary>Refused on Fargate.</summary>
    public IReadOnlyList<HostEntry> ExtraHosts { get; init; } = [];

    /// <summary>Refused on Fargate.</summary>
    public IReadOnlyList<string> DockerSecurityOptions { get; init; } = [];

    /// <summary>Whether any exit stops the task, with the default applied.</summary>
    internal bool IsEssential => Essential ?? true;
}
