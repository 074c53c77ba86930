using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.AgentProtocol;

/// <summary>The body of a <see cref="TaskAgentMessage.JobRequest"/>: everything an agent needs to run one job.</summary>
public sealed record AgentJobRequestMessage
{
    public string MessageType { get; set; } = TaskAgentMessage.JobRequest;
    public TaskOrchestrationPlanReference Plan { get; set; } = new();
    public TimelineReference Timeline { get; set; } = new();

    /// <summary>Also the id of the job's timeline record.</summary>
    public Guid JobId { get; init; }
    public string JobDisplayName { get; set; } = "";
    public string JobName { get; set; } = "";
    public string? JobContainer { get; init; }
    public IReadOnlyDictionary<string, string>? JobSidecarContainers { get; init; }
    public long RequestId { get; init; }
    public DateTimeOffset? LockedUntil { get; init; }
    public JobResources Resources { get; set; } = new();
    public WorkspaceOptions? Workspace { get; init; }
    public IReadOnlyList<MaskHint> Mask { get; set; } = [];
    public IReadOnlyList<JobStep> Steps { get; set; } = [];

    /// <summary>Names ignore case.</summary>
    public IReadOnlyDictionary<string, VariableValue> Variables { get; set; } = new Dictionary<string, VariableValue>();
}

/// <summary>The run that a job is part of.</summary>
public sealed record TaskOrchestrationPlanReference
{
    public Guid ScopeIdentifier { get; init; }
    public string PlanType { get; set; } = "Build";

    /// <summary>8 or more: the agent ends a job with a <see cref="PlanEvent"/>; less: by PATCHing the job request.</summary>
    public int Version { get; init; }
    public Guid PlanId { get; init; }
    public string? PlanGroup { get; init; }
    public string? ArtifactUri { get; init; }
    public string? ArtifactLocation { get; init; }
    public ResourceReference? Definition { get; init; }
    public ResourceReference? Owner { get; init; }
}

public sealed record TimelineReference
{
    public Guid Id { get; init; }
    public int ChangeId { get; init; }
    public string? Location { get; init; }
}

public sealed record JobResources
{
    public const string SystemConnection = "SystemVssConnection";

    public IReadOnlyList<ServiceEndpoint> Endpoints { get; set; } = [];
    public IReadOnlyList<RepositoryResource> Repositories { get; set; } = [];
    public IReadOnlyList<JsonElement> Containers { get; set; } = [];
    public IReadOnlyList<JsonElement> SecureFiles { get; set; } = [];
}

public sealed record ServiceEndpoint
{
    public string? Id { get; init; }
    public string? Name { get; init; }
    public string? Type { get; init; }
    public string? Url { get; init; }
    public EndpointAuthorization? Authorization { get; init; }
    public IReadOnlyDictionary<string, string>? Data { get; init; }
    public bool IsShared { get; init; }
    public bool IsReady { get; set; } = true;
}

public sealed record EndpointAuthorization
{
    public string Scheme { get; set; } = "OAuth";
    public IReadOnlyDictionary<string, string> Parameters { get; set; } = new Dictionary<string, string>();
}

/// <summary>A repository a job may check out. Only alias and endpoint are fields; everything else sits in <see cref="Properties"/>.</summary>
public sealed record RepositoryResource
{
    public string Alias { get; set; } = "self";
    public ServiceEndpoint? Endpoint { get; init; }

    /// <summary>id, type (<c>Git</c>), url, version (commit), name, ref, defaultBranch and others.</summary>
    public IReadOnlyDictionary<string, JsonElement> Properties { get; set; } = new Dictionary<string, JsonElement>();
}

public sealed record WorkspaceOptions(string? Clean);

/// <summary>What must be masked: a <c>regex</c>, or a <c>variable</c> by name.</summary>
public sealed record MaskHint(string Type, string Value);

public sealed record VariableValue
{
    public string? Value { get; init; }

    /// <summary>Absent means false.</summary>
    public bool? IsSecret { get; init; }

    /// <summary>Absent means false.</summary>
    public bool? IsReadOnly { get; init; }
}

public sealed record JobStep
{
    public string Type { get; set; } = "task";

    /// <summary>The id of the step's timeline record.</summary>
    public Guid Id { get; init; }

    /// <summary>The reference name, as in <c>outputs['name.variable']</c>.</summary>
    public string Name { get; set; } = "";
    public string? DisplayName { get; init; }
    public bool Enabled { get; set; } = true;
    public string? Condition { get; init; }
    public bool ContinueOnError { get; init; }
    public int TimeoutInMinutes { get; init; }
    public int RetryCountOnTaskFailure { get; init; }
    public TaskReference Reference { get; set; } = new();
    public IReadOnlyDictionary<string, string> Inputs { get; set; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>Null runs the step on the agent's machine, with every logging command.</summary>
    public StepTarget? Target { get; init; }
}

/// <summary>Where a step runs and what its logging commands may do.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/target</remarks>
public sealed record StepTarget
{
    public const string Host = "host";
    public const string Restricted = "restricted";

    /// <summary><see cref="Host"/>, or a container resource's alias; absent means the host.</summary>
    public string? Target { get; init; }

    /// <summary><c>any</c> or <see cref="Restricted"/>; absent means any.</summary>
    public string? Commands { get; init; }

    /// <summary>Names or patterns of the variables that the step may set; absent means all, an empty list none.</summary>
    [JsonConverter(typeof(SettableVariablesConverter))]
    public IReadOnlyList<string>? SettableVariables { get; init; }
}

/// <summary>Which task a step runs.</summary>
public sealed record TaskReference
{
    public static readonly Guid Checkout = new("6d15af64-176c-496d-b583-fd2ae21d4df4");
    public static readonly Guid CmdLine = new("d9bafed4-0b18-4f58-968d-86655b4d2ce9");
    public static readonly Guid Bash = new("6c731c3c-3c68-459a-a5c9-bde6e6595b5b");
    public static readonly Guid PowerShell = new("e213ff0f-5d5c-4791-802d-52ea3e7be1f1");
    public static readonly Guid PublishPipelineArtifact = new("ecdc45f6-832d-4ad9-b52b-ee49e94659be");
    public static readonly Guid DownloadPipelineArtifact = new("61f2a582-95ae-4948-b34d-a1b3c4f6a737");
    public static readonly Guid Download = new("30f35852-3f7e-4c0c-9a88-e127b4f97211");
    public static readonly Guid PublishBuildArtifacts = new("2ff763a7-ce83-4e1f-bc89-0ae63477cebe");
    public static readonly Guid DownloadBuildArtifacts = new("a433f589-fce1-4460-9ee6-44a624aeb1fb");

    public Guid Id { get; init; }
    public string Name { get; set; } = "";
    public string Version { get; set; } = "";
}
