namespace Tidepool.Tasks;

/// <summary>A volume of the task at a path of the container.</summary>
public sealed record MountPoint(string? SourceVolume = null, string? ContainerPath = null, bool? ReadOnly = null);

/// <summary>Takes over all mounts of another container.</summary>
public sealed record VolumeFrom(string? SourceContainer = null, bool? ReadOnly = null);

/// <summary>What must have happened to another container first.</summary>
/// <param name="ContainerName">The other container.</param>
/// <param name="Condition"><c>START</c>, <c>COMPLETE</c>, <c>SUCCESS</c> or <c>HEALTHY</c>.</param>
public sealed record ContainerDependency(string ContainerName, string Condition);

/// <summary>An environment variable and where its value is read.</summary>
/// <param name="Name">Name of the variable.</param>
/// <param name="ValueFrom">ARN of a secret (with JSON key, stage and version), or ARN or name of an SSM parameter.</param>
public sealed record ContainerSecret(string Name, string ValueFrom);

/// <summary>A file of environment variables in S3.</summary>
public sealed record EnvironmentFile(string Value, string Type);

/// <summary>A command that tells the health of the container.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html</remarks>
/// <param name="Command"><c>CMD</c> or <c>CMD-SHELL</c> and its arguments.</param>
/// <param name="Interval">Seconds between checks, 5 to 300. Default 30.</param>
/// <param name="Timeout">Seconds a check may take, 2 to 60. Default 5.</param>
/// <param name="Retries">Failures until unhealthy, 1 to 10. Default 3.</param>
/// <param name="StartPeriod">Seconds in which failures do not count, 0 to 300. Default off.</param>
public sealed record HealthCheck(
    IReadOnlyList<string> Command, int? Interval = null, int? Timeout = null, int? Retries = null, int? StartPeriod = null)
{
    internal const int DefaultInterval = 30;
    internal const int DefaultTimeout = 5;
    internal const int DefaultRetries = 3;

    /// <summary>What runs in the container: the arguments after <c>CMD</c>, or the shell with what follows <c>CMD-SHELL</c>.</summary>
    internal IReadOnlyList<string> Program => Command is ["CMD-SHELL", var script, ..] ? ["/bin/sh", "-c", script] : [.. Command.Skip(1)];
}

/// <summary>Restart in place.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerRestartPolicy.html</remarks>
/// <param name="Enabled">Whether the container is restarted.</param>
/// <param name="IgnoredExitCodes">Exit codes that are not followed by a restart; up to 50.</param>
/// <param name="RestartAttemptPeriod">Seconds the container must have run, 60 to 1800. Default 300.</param>
public sealed record ContainerRestartPolicy(bool Enabled, IReadOnlyList<int>? IgnoredExitCodes = null, int? RestartAttemptPeriod = null);

/// <summary>Where a container's output goes.</summary>
/// <param name="LogDriver">On Fargate <c>awslogs</c>, <c>splunk</c> or <c>awsfirelens</c>.</param>
/// <param name="Options">Options of the driver.</param>
/// <param name="SecretOptions">Options whose values are secrets.</param>
public sealed record LogConfiguration(
    string LogDriver, IReadOnlyDictionary<string, string>? Options = null, IReadOnlyList<ContainerSecret>? SecretOptions = null);

/// <summary>A port the container listens on.</summary>
public sealed record PortMapping(
    int? ContainerPort = null,
    int? HostPort = null,
    string? Protocol = null,
    string? Name = null,
    string? AppProtocol = null,
    string? ContainerPortRange = null);

/// <summary>A resource limit.</summary>
public sealed record Ulimit(string Name, int SoftLimit, int HardLimit);

/// <summary>A kernel parameter.</summary>
public sealed record SystemControl(string? Namespace = null, string? Value = null);

/// <summary>Credentials of a private registry.</summary>
public sealed record RepositoryCredentials(string CredentialsParameter);

/// <summary>A GPU or accelerator.</summary>
public sealed record ResourceRequirement(string Value, string Type);

/// <summary>FireLens log router.</summary>
public sealed record FirelensConfiguration(string Type, IReadOnlyDictionary<string, string>? Options = null);

/// <summary>A line for <c>/etc/hosts</c>.</summary>
public sealed record HostEntry(string Hostname, string IpAddress);

/// <summary>Kernel settings of a container.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinuxParameters.html</remarks>
public sealed record LinuxParameters
{
    /// <summary>Added and dropped capabilities; on Fargate only SYS_PTRACE may be added.</summary>
    public KernelCapabilities? Capabilities { get; init; }

    /// <summary>Refused on Fargate.</summary>
    public IReadOnlyList<LinuxDevice> Devices { get; init; } = [];

    /// <summary>Whether an init process reaps and forwards signals.</summary>
    public bool? InitProcessEnabled { get; init; }

    /// <summary>MiB of <c>/dev/shm</c>; refused on Fargate.</summary>
    public int? SharedMemorySize { get; init; }

    /// <summary>Refused on Fargate.</summary>
    public IReadOnlyList<TmpfsMount> Tmpfs { get; init; } = [];

    /// <summary>Refused on Fargate.</summary>
    public int? MaxSwap { get; init; }

    /// <summary>Refused on Fargate.</summary>
    public int? Swappiness { get; init; }
}

/// <summary>Capabilities beyond or below the default set.</summary>
public sealed record KernelCapabilities(IReadOnlyList<string>? Add = null, IReadOnlyList<string>? Drop = null);

/// <summary>A host device.</summary>
public sealed record LinuxDevice(string HostPath, string? ContainerPath = null, IReadOnlyList<string>? Permissions = null);

/// <summary>A memory file system.</summary>
public sealed record TmpfsMount(string ContainerPath, int Size, IReadOnlyList<string>? MountOptions = null);
