using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate;

/// <summary>How one local Fargate is set up.</summary>
public sealed record FargateOptions
{
    /// <summary>Folder of this environment: volumes, logs, journal. Made when missing, removed at the end.</summary>
    public required string EnvironmentFolder { get; init; }

    /// <summary>
    /// Folder of what outlives environments: EFS file systems, EBS volumes that RunTask keeps, and snapshots. Null for a folder in the
    /// environment's own, which goes with it.
    /// </summary>
    public string? StorageFolder { get; init; }

    /// <summary>Name of the AWS Region that ARNs and the container environment carry. Default us-east-1.</summary>
    public string Region { get; init; } = "us-east-1";

    /// <summary>The account of ARNs. Default 000000000000.</summary>
    public string AccountId { get; init; } = "000000000000";

    /// <summary>
    /// Factor on AWS's own delays (provisioning, scheduling, restart periods), 0 to 1. Default 0: no delays. Grace periods of
    /// processes are never scaled.
    /// </summary>
    public double TimeScale { get; init; }

    /// <summary>
    /// Values of secrets by their <c>valueFrom</c>. Others are read from the upstream; one that is not there either fails the task's start
    /// as on Fargate.
    /// </summary>
    public IReadOnlyDictionary<string, string> Secrets { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// An emulator of AWS, from whose Secrets Manager and Systems Manager secrets are read, and to whose CloudWatch Logs output goes that
    /// has the driver <c>awslogs</c>. Null for none: then output goes to files only.
    /// </summary>
    public Uri? Upstream { get; init; }

    /// <summary>
    /// Unix socket of the container engine that runs tasks, as in <c>unix:///var/run/docker.sock</c>. Null for the sandbox, the default.
    /// </summary>
    public Uri? Engine { get; init; }

    /// <summary>The file that is mounted as <c>/opt/tidepool/tidepool-agent</c> in the sandbox, and that holds a task's network in an engine.</summary>
    public required string AgentBinary { get; init; }

    /// <summary>
    /// Whether registration refuses an image that the runtime cannot run. Otherwise its tasks fail as for an image that a registry
    /// does not have. Default true.
    /// </summary>
    public bool RefuseUnknownImages { get; init; } = true;

    /// <summary>Stands around the container runtime: for those who break a rule on purpose, to see that it is noticed.</summary>
    internal Func<IContainerRuntime, IContainerRuntime> AroundRuntime { get; init; } = runtime => runtime;
}
