using Tidepool.Fargate;
using Tidepool.Storage.Probes;

namespace Tidepool.Rehearsal;

/// <summary>What a rehearsal runs on and for how long it stays.</summary>
public sealed record RehearsalOptions
{
    /// <summary>The image that the documented build makes.</summary>
    public const string DefaultImage = "tidepool-agent:latest";

    /// <summary>Any folder inside the git repository whose pipeline runs.</summary>
    public required string RepositoryFolder { get; init; }

    /// <summary>The built-in agent's executable.</summary>
    public required string AgentBinary { get; init; }

    /// <summary>The template of one agent's container definition, <c>terraform/agent-container.json.tftpl</c>.</summary>
    public required string ContainerTemplate { get; init; }

    /// <summary>Folder under which environments keep their volumes, logs and journals.</summary>
    public required string StateFolder { get; init; }

    /// <summary>Folder of what outlives environments: EFS file systems, EBS volumes that were kept, snapshots. Null: it goes with the environment.</summary>
    public string? StorageFolder { get; init; }

    /// <summary>Folder of the tasks that the user pulled; null: only the tasks that come with Tidepool.</summary>
    public string? TasksFolder { get; init; }

    /// <summary>What runs containers. Default: an engine where one answers and has the image, else the sandbox.</summary>
    public RuntimeWish Runtime { get; init; } = RuntimeWish.Auto;

    /// <summary>The agents' image; an engine must have it, for nothing is pulled. Default <c>tidepool-agent:latest</c>, as the documented build names it.</summary>
    public string Image { get; init; } = DefaultImage;

    /// <summary>Reads an environment variable: <c>DOCKER_HOST</c> and <c>XDG_RUNTIME_DIR</c> say where an engine is. Default those of this process.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Agents a task, 1 to 10 (the most containers a task definition may have). Default 2.</summary>
    public int Agents { get; init; } = 2;

    /// <summary>Tasks that the service keeps, 1 to 10. Default 1.</summary>
    public int Tasks { get; init; } = 1;

    /// <summary>Port of the embedded Azure Pipelines service on 127.0.0.1; 0 picks a free one. Default 0.</summary>
    public int Port { get; init; }

    /// <summary>Pools of the pipeline by name and the embedded pool they run in. Empty: every pool runs in the embedded one.</summary>
    public IReadOnlyDictionary<string, string> PoolMap { get; init; } = new Dictionary<string, string>();

    /// <summary>The token that registers agents; null makes one.</summary>
    public string? Token { get; init; }

    /// <summary>Factor on AWS's own delays, 0 to 1. Default 0.</summary>
    public double TimeScale { get; init; }

    /// <summary>CPU units of the task. Default 1024.</summary>
    public int Cpu { get; init; } = 1024;

    /// <summary>Memory of the task in MiB. Default 2048.</summary>
    public int Memory { get; init; } = 2048;

    /// <summary>What the agents' shared volume is. An EBS volume is each task's own; an EFS file system is the environment's, and goes with it. Default a bind mount.</summary>
    public VolumeKind Storage { get; init; } = VolumeKind.Bind;
}
