using System.Text.Json;
using System.Text.Json.Serialization;
using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Api;

/// <summary>A project as <c>_apis/projects</c> tells it.</summary>
internal sealed record Project
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Url { get; init; }
    public required string State { get; init; }
    public required int Revision { get; init; }
    public required string Visibility { get; init; }
}

/// <summary>A pool as a project sees it; its id is a queue's.</summary>
internal sealed record AgentQueue
{
    public required int Id { get; init; }
    public required string Name { get; init; }
    public required Guid ProjectId { get; init; }
    public required TaskAgentPool Pool { get; init; }
}

/// <summary>A pipeline as the builds' part of the API tells it.</summary>
internal sealed record BuildDefinition
{
    public required int Id { get; init; }
    public required string Name { get; init; }
    public required string Path { get; init; }
    public required string Url { get; init; }
    public string Uri => $"vstfs:///Build/Definition/{Id}";
    public string Type { get; init; } = "build";
    public string QueueStatus { get; init; } = "enabled";
    public int Revision { get; init; } = 1;
    public string Quality { get; init; } = "definition";
    public required ProjectReference Project { get; init; }
    public required AgentQueue Queue { get; init; }
    public DefinitionProcess? Process { get; init; }
    public RepositoryReference? Repository { get; init; }
}

/// <summary>Of what a definition is made; 2 means a YAML file.</summary>
internal sealed record DefinitionProcess(int Type, string YamlFilename);

/// <summary>Links to other resources.</summary>
internal sealed record Links(Link Self, Link Web);

internal sealed record Link(string Href);

/// <summary>The body of <c>POST build/builds</c>.</summary>
internal sealed record BuildWish
{
    public DefinitionWish? Definition { get; init; }
    public string? SourceBranch { get; init; }
    public string? SourceVersion { get; init; }

    /// <summary>Queue-time variables, as JSON text.</summary>
    public string? Parameters { get; init; }
    public IReadOnlyDictionary<string, JsonElement>? TemplateParameters { get; init; }
}

internal sealed record DefinitionWish(int? Id);

/// <summary>The answer to a preview.</summary>
internal sealed record PipelinePreview(string FinalYaml);

/// <summary>Properties of a run, each with its type as the service writes it.</summary>
internal sealed record PropertyBag(int Count, IReadOnlyDictionary<string, JsonElement> Value);

/// <summary>What a client asks of a stage; cancel (0), retry (1) or run (2).</summary>
internal sealed record StageUpdate
{
    [JsonConverter(typeof(LooseStringConverter))]
    public string? State { get; init; }

    /// <summary>Also jobs that succeeded.</summary>
    public bool? ForceRetryAllJobs { get; init; }
}

/// <summary>The body of <c>PATCH tags</c>.</summary>
internal sealed record TagChanges
{
    public IReadOnlyList<string>? TagsToAdd { get; init; }
    public IReadOnlyList<string>? TagsToRemove { get; init; }
}

/// <summary>A branch or a tag.</summary>
internal sealed record GitRef(string Name, string ObjectId, string Url);

/// <summary>A commit.</summary>
internal sealed record GitCommit
{
    public required string CommitId { get; init; }
    public required string Comment { get; init; }
    public required GitPerson Author { get; init; }
    public required GitPerson Committer { get; init; }
    public required string Url { get; init; }
}

internal sealed record GitPerson(string Name, string Email, DateTimeOffset Date);

/// <summary>A file or a folder at a commit.</summary>
internal sealed record GitItem
{
    public required string ObjectId { get; init; }

    /// <summary>blob or tree.</summary>
    public required string GitObjectType { get; init; }
    public required string CommitId { get; init; }

    /// <summary>From the repository's root, with a leading slash.</summary>
    public required string Path { get; init; }
    public required bool IsFolder { get; init; }
    public required string Url { get; init; }
    public string? Content { get; init; }
}

/// <summary>Somebody, as other resources name them.</summary>
internal sealed record IdentityReference(Guid Id, string DisplayName, string UniqueName);
