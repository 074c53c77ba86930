using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.AgentProtocol;

/// <summary>A list as the service sends it and as clients send it on timeline and feed calls.</summary>
public sealed record Collection<T>(int Count, IReadOnlyList<T> Value);

/// <summary>A pool of agents.</summary>
public sealed record TaskAgentPool
{
    public int Id { get; init; }
    public string Name { get; set; } = "";
    public bool IsHosted { get; init; }
    public string PoolType { get; set; } = "automation";
    public int Size { get; init; }
    public bool IsLegacy { get; init; }
    public DateTimeOffset? CreatedOn { get; init; }
    public bool AutoProvision { get; init; }
    public bool AutoUpdate { get; init; }
    public bool AutoSize { get; init; }
    public Guid? Scope { get; init; }
}

/// <summary>An agent as registered in a pool, or a reference to one (then most fields are absent).</summary>
public sealed record TaskAgent
{
    public int Id { get; init; }
    public string Name { get; set; } = "";
    public string? Version { get; init; }
    public string? OsDescription { get; init; }
    public bool? Enabled { get; init; }

    /// <summary><c>online</c> or <c>offline</c>; the agent itself sends the number 0.</summary>
    [JsonConverter(typeof(LooseStringConverter))]
    public string? Status { get; init; }
    public string? ProvisioningState { get; init; }
    public string? AccessPoint { get; init; }
    public int? MaxParallelism { get; init; }
    public DateTimeOffset? CreatedOn { get; init; }
    public TaskAgentAuthorization? Authorization { get; init; }
    public IReadOnlyDictionary<string, string>? SystemCapabilities { get; init; }
    public IReadOnlyDictionary<string, string>? UserCapabilities { get; init; }
    public JsonElement? Properties { get; init; }
    public TaskAgentJobRequest? AssignedRequest { get; init; }
    public TaskAgentJobRequest? LastCompletedRequest { get; init; }
}

/// <summary>How an agent proves who it is: at first its public key, in the answer also where to get a token.</summary>
public sealed record TaskAgentAuthorization
{
    public string? AuthorizationUrl { get; init; }
    public Guid? ClientId { get; init; }
    public TaskAgentPublicKey? PublicKey { get; init; }
}

/// <summary>An RSA public key; both numbers base64, big-endian.</summary>
public sealed record TaskAgentPublicKey(string Exponent, string Modulus);

/// <summary>A session: one agent listening.</summary>
public sealed record TaskAgentSession
{
    public Guid SessionId { get; init; }
    public string? OwnerName { get; init; }
    public TaskAgent? Agent { get; init; }
    public TaskAgentSessionKey? EncryptionKey { get; init; }
    public IReadOnlyDictionary<string, string>? SystemCapabilities { get; init; }
}

/// <summary>The session's AES-256 key, base64; encrypted with the agent's public key (RSA-OAEP-SHA1) when <paramref name="Encrypted"/>.</summary>
public sealed record TaskAgentSessionKey(bool Encrypted, string Value);

/// <summary>One message of a session. With <see cref="Iv"/> the body is base64 of AES-256-CBC over UTF-8 JSON; without, the JSON itself.</summary>
public sealed record TaskAgentMessage
{
    public const string JobRequest = "PipelineAgentJobRequest";
    public const string JobCancellation = "JobCancellation";
    public const string JobMetadata = "JobMetadataUpdate";
    public const string AgentRefresh = "AgentRefresh";

    public long MessageId { get; init; }
    public string MessageType { get; set; } = "";
    public string? Iv { get; init; }
    public string Body { get; set; } = "";
}

/// <summary>Body of a <see cref="TaskAgentMessage.JobCancellation"/>; <paramref name="Timeout"/> is <c>hh:mm:ss</c>.</summary>
public sealed record JobCancelMessage(Guid JobId, TimeSpan Timeout);

/// <summary>Body of a <see cref="TaskAgentMessage.JobMetadata"/>: how often the job's live lines are wanted, in milliseconds.</summary>
/// <remarks>The message's type is inferred: the constant is in a library without sources.</remarks>
public sealed record JobMetadataMessage(Guid JobId, int? PostLinesFrequencyMillis);

/// <summary>A job's place in the pool's queue; an absent <see cref="Result"/> means unfinished.</summary>
public sealed record TaskAgentJobRequest
{
    public long RequestId { get; init; }
    public DateTimeOffset? QueueTime { get; init; }
    public DateTimeOffset? AssignTime { get; init; }
    public DateTimeOffset? ReceiveTime { get; init; }
    public DateTimeOffset? FinishTime { get; init; }

    /// <summary>succeeded, succeededWithIssues, failed, canceled, skipped or abandoned.</summary>
    [JsonConverter(typeof(LooseStringConverter))]
    public string? Result { get; init; }
    public DateTimeOffset? LockedUntil { get; init; }
    public Guid? ServiceOwner { get; init; }
    public Guid? HostId { get; init; }
    public Guid? ScopeId { get; init; }
    public string? PlanType { get; init; }
    public string? PlanGroup { get; init; }
    public Guid? PlanId { get; init; }
    public Guid? JobId { get; init; }
    public string? JobName { get; init; }
    public IReadOnlyList<string>? Demands { get; init; }
    public TaskAgent? ReservedAgent { get; init; }
    public IReadOnlyList<TaskAgent>? MatchedAgents { get; init; }
    public ResourceReference? Definition { get; init; }
    public ResourceReference? Owner { get; init; }
    public IReadOnlyDictionary<string, string>? Data { get; init; }
    public int? PoolId { get; init; }
    public int? QueueId { get; init; }
    public bool? MatchesAllAgentsInPool { get; init; }
    public string? StatusMessage { get; init; }
    public bool? UserDelayed { get; init; }
    public int? Priority { get; init; }
    public string? OrchestrationId { get; init; }
}

/// <summary>A named thing with an id: a definition, a run.</summary>
public sealed record ResourceReference(int Id, string Name);

/// <summary>The answer of the token endpoint.</summary>
public sealed record OAuthToken
{
    [JsonPropertyName("access_token")]
    public string AccessToken { get; set; } = "";

    /// <summary>Life of the token in seconds.</summary>
    [JsonPropertyName("expires_in")]
    public int ExpiresIn { get; init; }

    [JsonPropertyName("token_type")]
    public string TokenType { get; set; } = "access_token";

    [JsonPropertyName("scope")]
    public string Scope { get; set; } = "/";
}

/// <summary>The body of every refusal; clients branch on <see cref="TypeKey"/>.</summary>
public sealed record WireError
{
    [JsonPropertyName("$id")]
    public string Id { get; set; } = "1";
    public string Message { get; set; } = "";
    public string TypeName { get; set; } = "";
    public string TypeKey { get; set; } = "";
    public int ErrorCode { get; init; }
    public int EventId { get; init; }
}
