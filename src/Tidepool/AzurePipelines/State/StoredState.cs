using System.Text.Json;
using System.Text.Json.Serialization;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Library;
using Tidepool.AzurePipelines.Runs;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;
using BuildArtifact = Tidepool.AzurePipelines.Api.BuildArtifact;

namespace Tidepool.AzurePipelines.State;

/// <summary>An agent of the pool; its session is made anew.</summary>
internal sealed record StoredAgent
{
    public required int Id { get; init; }
    public required string Name { get; init; }
    public required DateTimeOffset CreatedOn { get; init; }
    public required Guid ClientId { get; init; }
    public string? AuthorizationUrl { get; init; }
    public TaskAgentPublicKey? PublicKey { get; init; }
    public string? Version { get; init; }
    public string? OsDescription { get; init; }
    public bool Enabled { get; init; }
    public int MaxParallelism { get; init; }
    public required IReadOnlyDictionary<string, string> SystemCapabilities { get; init; }
    public required IReadOnlyDictionary<string, string> UserCapabilities { get; init; }
}

/// <summary>A job request, by the run and the leg that it is for.</summary>
internal sealed record StoredRequest
{
    public required long Id { get; init; }
    public required Guid PlanId { get; init; }
    public required Guid JobId { get; init; }
    public required DateTimeOffset QueueTime { get; init; }
    public DateTimeOffset? AssignTime { get; init; }
    public DateTimeOffset? ReceiveTime { get; init; }
    public DateTimeOffset? FinishTime { get; init; }
    public TimeSpan? CancelTimeout { get; init; }
    public NodeResult? Result { get; init; }
    public string? Reason { get; init; }
    public int? AgentId { get; init; }
}

/// <summary>What a run began with.</summary>
internal sealed record StoredRun
{
    public required int Id { get; init; }
    public required int DefinitionId { get; init; }
    public required string Number { get; init; }
    public required DateTimeOffset StartTime { get; init; }
    public required Guid PlanId { get; init; }
    public required Guid TimelineId { get; init; }
    public required IReadOnlyDictionary<string, string> ResourceVariables { get; init; }

    /// <summary>What the client asked for, with the commits that it meant then.</summary>
    public required RunParameters Wanted { get; init; }

    /// <summary>The variable groups that the pipeline names, as they were then.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>>? Groups { get; init; }
}

/// <summary>What was written onto a run.</summary>
internal sealed record StoredNotes
{
    public string? Number { get; init; }
    public bool KeepForever { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    public IReadOnlyDictionary<string, JsonElement> Properties { get; init; } = new Dictionary<string, JsonElement>();
    public IReadOnlyList<BuildArtifact> Artifacts { get; init; } = [];
}

/// <summary>An input and when it came.</summary>
internal sealed record StoredInput(DateTimeOffset At, RunInput Input);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(RunInput))]
[JsonSerializable(typeof(StoredAgent))]
[JsonSerializable(typeof(StoredRequest))]
[JsonSerializable(typeof(StoredRun))]
[JsonSerializable(typeof(StoredNotes))]
[JsonSerializable(typeof(VariableGroup))]
[JsonSerializable(typeof(PipelineDefinition))]
[JsonSerializable(typeof(Dictionary<string, int>))]
internal sealed partial class StateJson : JsonSerializerContext;
