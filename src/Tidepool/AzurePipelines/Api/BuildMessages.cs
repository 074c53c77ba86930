using System.Text.Json;
using System.Text.Json.Serialization;
using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Api;

/// <summary>What is said of repositories, pipelines and runs: the members of Azure DevOps' REST API that are used here.</summary>
/// <remarks>
/// Sources: https://learn.microsoft.com/rest/api/azure/devops/git/repositories, .../pipelines/pipelines, .../pipelines/runs, .../build/builds,
/// .../build/timeline.
/// </remarks>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(WireTimeConverter)])]
[JsonSerializable(typeof(Collection<GitRepository>))]
[JsonSerializable(typeof(Collection<PipelineResource>))]
[JsonSerializable(typeof(Collection<BuildLog>))]
[JsonSerializable(typeof(Collection<string>))]
[JsonSerializable(typeof(RunParameters))]
[JsonSerializable(typeof(PipelineRunResource))]
[JsonSerializable(typeof(Build))]
[JsonSerializable(typeof(BuildUpdate))]
[JsonSerializable(typeof(BuildWish))]
[JsonSerializable(typeof(Collection<Build>))]
[JsonSerializable(typeof(Collection<PipelineRunResource>))]
[JsonSerializable(typeof(Collection<Project>))]
[JsonSerializable(typeof(Collection<BuildDefinition>))]
[JsonSerializable(typeof(Collection<AgentQueue>))]
[JsonSerializable(typeof(Collection<JsonElement>))]
[JsonSerializable(typeof(Collection<BuildArtifact>))]
[JsonSerializable(typeof(Collection<ContainerItem>))]
[JsonSerializable(typeof(Collection<FileContainer>))]
[JsonSerializable(typeof(Collection<BuildAttachment>))]
[JsonSerializable(typeof(Collection<GitRef>))]
[JsonSerializable(typeof(Collection<GitItem>))]
[JsonSerializable(typeof(Collection<GitCommit>))]
[JsonSerializable(typeof(PipelinePreview))]
[JsonSerializable(typeof(PropertyBag))]
[JsonSerializable(typeof(Dictionary<string, JsonElement>))]
[JsonSerializable(typeof(StageUpdate))]
[JsonSerializable(typeof(TagChanges))]
[JsonSerializable(typeof(List<string>))]
internal sealed partial class BuildJson : JsonSerializerContext;

/// <summary>A git repository of the project.</summary>
internal sealed record GitRepository
{
    public Guid? Id { get; init; }
    public string? Name { get; init; }
    public string? Url { get; init; }
    public ProjectReference? Project { get; init; }
    public string? DefaultBranch { get; init; }
    public string? RemoteUrl { get; init; }
}

internal sealed record ProjectReference(Guid? Id, string? Name);

/// <summary>A pipeline, as it is made and as it is told.</summary>
internal sealed record PipelineResource
{
    public int? Id { get; init; }
    public int? Revision { get; init; }
    public string? Name { get; init; }

    /// <summary>As in <c>\\site</c>.</summary>
    public string? Folder { get; init; }
    public string? Url { get; init; }
    public PipelineConfiguration? Configuration { get; init; }

    [JsonPropertyName("_links")]
    public Links? Links { get; init; }
}

internal sealed record PipelineConfiguration
{
    /// <summary><c>yaml</c>, the only kind here; some clients send its number, 1.</summary>
    [JsonConverter(typeof(LooseStringConverter))]
    public string? Type { get; init; }
    public string? Path { get; init; }
    public RepositoryReference? Repository { get; init; }
}

/// <summary>A repository by its id or its name.</summary>
internal sealed record RepositoryReference
{
    public string? Id { get; init; }
    public string? Name { get; init; }

    [JsonConverter(typeof(LooseStringConverter))]
    public string? Type { get; init; }
}

/// <summary>The body that starts a run.</summary>
internal sealed record RunParameters
{
    public RunResources? Resources { get; init; }

    /// <summary>Values of the pipeline's parameters; what is not text is read as JSON.</summary>
    public IReadOnlyDictionary<string, JsonElement>? TemplateParameters { get; init; }
    public IReadOnlyDictionary<string, RunVariable>? Variables { get; init; }
    public bool? PreviewRun { get; init; }
    public IReadOnlyList<string>? StagesToSkip { get; init; }
    public string? YamlOverride { get; init; }

    /// <summary>Not Azure DevOps': pools of the pipeline and the embedded pool they run in, <c>*</c> for all.</summary>
    [JsonPropertyName("tidepool.poolMap")]
    public IReadOnlyDictionary<string, string>? PoolMap { get; init; }

    /// <summary>Values that are texts.</summary>
    public static IReadOnlyDictionary<string, JsonElement> Texts(IReadOnlyDictionary<string, string> values) =>
        values.ToDictionary(pair => pair.Key, pair => JsonSerializer.SerializeToElement(pair.Value, ServiceJson.Default.String));
}

internal sealed record RunResources
{
    /// <summary>By alias; <c>self</c> is the pipeline's own.</summary>
    public IReadOnlyDictionary<string, RunRepository>? Repositories { get; init; }
}

internal sealed record RunRepository
{
    /// <summary>As in <c>refs/heads/main</c>.</summary>
    public string? RefName { get; init; }

    /// <summary>A full SHA.</summary>
    public string? Version { get; init; }
    public RepositoryReference? Repository { get; init; }
}

internal sealed record RunVariable
{
    public string? Value { get; init; }
    public bool? IsSecret { get; init; }
}

/// <summary>A run as the pipelines' part of the API tells it.</summary>
internal sealed record PipelineRunResource
{
    public required int Id { get; init; }
    public required string Name { get; init; }

    /// <summary>inProgress, canceling or completed.</summary>
    public required string State { get; init; }

    /// <summary>succeeded, failed or canceled; a run that succeeded in part succeeded.</summary>
    public string? Result { get; init; }
    public required DateTimeOffset CreatedDate { get; init; }
    public DateTimeOffset? FinishedDate { get; init; }
    public required string Url { get; init; }
    public required PipelineResource Pipeline { get; init; }
    public RunResources? Resources { get; init; }
    public IReadOnlyDictionary<string, JsonElement>? TemplateParameters { get; init; }

    /// <summary>Those of queue time; a secret one has no value.</summary>
    public IReadOnlyDictionary<string, RunVariable>? Variables { get; init; }

    /// <summary>The expanded pipeline, where a preview was asked for.</summary>
    public string? FinalYaml { get; init; }

    [JsonPropertyName("_links")]
    public Links? Links { get; init; }
}

/// <summary>A run as the builds' part of the API tells it.</summary>
internal sealed record Build
{
    public required int Id { get; init; }
    public required string BuildNumber { get; init; }

    /// <summary>inProgress, cancelling or completed.</summary>
    public required string Status { get; init; }

    /// <summary>succeeded, partiallySucceeded, failed or canceled.</summary>
    public string? Result { get; init; }
    public required DateTimeOffset QueueTime { get; init; }
    public required DateTimeOffset StartTime { get; init; }
    public DateTimeOffset? FinishTime { get; init; }
    public required string Url { get; init; }
    public required PipelineResource Definition { get; init; }
    public required ProjectReference Project { get; init; }
    public required string Uri { get; init; }
    public required string SourceBranch { get; init; }
    public required string SourceVersion { get; init; }
    public required string Reason { get; init; }
    public required RepositoryReference Repository { get; init; }
    public required PlanReference OrchestrationPlan { get; init; }
    public required BuildLog Logs { get; init; }
    public required IReadOnlyList<PlanReference> Plans { get; init; }
    public required AgentQueue Queue { get; init; }
    public required IReadOnlyList<string> Tags { get; init; }
    public required PropertyBag Properties { get; init; }
    public required IdentityReference RequestedFor { get; init; }
    public required IdentityReference RequestedBy { get; init; }
    public required DateTimeOffset LastChangedDate { get; init; }

    /// <summary>Whether pages show the commit's message after the number.</summary>
    public required bool AppendCommitMessageToRunName { get; init; }

    /// <summary>Queue-time variables that are not secret, as JSON text; null for none.</summary>
    public string? Parameters { get; init; }
    public IReadOnlyDictionary<string, string>? TemplateParameters { get; init; }
    public string Priority { get; init; } = "normal";
    public int BuildNumberRevision { get; init; } = 1;
    public bool KeepForever { get; init; }
    public bool RetainedByRelease { get; init; }
    public IReadOnlyDictionary<string, string> TriggerInfo { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<string> ValidationResults { get; init; } = [];

    [JsonPropertyName("_links")]
    public Links? Links { get; init; }
}

internal sealed record PlanReference(Guid PlanId);

/// <summary>What a client changes of a run.</summary>
internal sealed record BuildUpdate
{
    [JsonConverter(typeof(LooseStringConverter))]
    public string? Status { get; init; }
    public string? BuildNumber { get; init; }

    /// <summary>Taken and told again; nothing is removed here while the service lives.</summary>
    public bool? KeepForever { get; init; }
}

/// <summary>A log, or with the id 0 all of them.</summary>
internal sealed record BuildLog
{
    public required int Id { get; init; }
    public string Type { get; init; } = "Container";
    public required string Url { get; init; }
    public DateTimeOffset? CreatedOn { get; init; }
    public DateTimeOffset? LastChangedOn { get; init; }
    public long? LineCount { get; init; }
}
