using System.Text.Json.Serialization;
using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Api;

/// <summary>An artifact of a run.</summary>
/// <remarks>Source: https://learn.microsoft.com/rest/api/azure/devops/build/artifacts</remarks>
internal sealed record BuildArtifact
{
    public int? Id { get; init; }
    public string? Name { get; init; }

    /// <summary>The id of the job that made it.</summary>
    public string? Source { get; init; }
    public ArtifactResource? Resource { get; init; }
}

/// <summary>Where an artifact's content is.</summary>
internal sealed record ArtifactResource
{
    public const string Container = "Container";

    /// <summary><c>Container</c>, <c>FilePath</c> and others; what is not Container is only told again.</summary>
    public string? Type { get; init; }

    /// <summary>For Container: <c>#/CONTAINER/FOLDER</c>.</summary>
    public string? Data { get; init; }
    public IReadOnlyDictionary<string, string>? Properties { get; init; }
    public string? Url { get; init; }
    public string? DownloadUrl { get; init; }
}

/// <summary>A container of files.</summary>
internal sealed record FileContainer
{
    public required long Id { get; init; }
    public required Guid ScopeIdentifier { get; init; }
    public required string ArtifactUri { get; init; }
    public required string Name { get; init; }
    public required string ItemLocation { get; init; }
    public required string ContentLocation { get; init; }
    public required long Size { get; init; }
}

/// <summary>A file or a folder in a container.</summary>
internal sealed record ContainerItem
{
    public required long ContainerId { get; init; }
    public required Guid ScopeIdentifier { get; init; }

    /// <summary>From the container's root, with slashes and none at its beginning.</summary>
    public required string Path { get; init; }

    /// <summary>file or folder.</summary>
    public required string ItemType { get; init; }

    /// <summary>created, or pendingUpload while parts are missing.</summary>
    public required string Status { get; init; }
    public long? FileLength { get; init; }
    public int? FileEncoding { get; init; }
    public int? FileType { get; init; }
    public required DateTimeOffset DateCreated { get; init; }
    public required DateTimeOffset DateLastModified { get; init; }
    public required string ItemLocation { get; init; }
    public required string ContentLocation { get; init; }
}

/// <summary>A file that a step attached, as clients list it.</summary>
internal sealed record BuildAttachment
{
    public required string Name { get; init; }

    [JsonPropertyName("_links")]
    public required AttachmentLinks Links { get; init; }
}

internal sealed record AttachmentLinks(Link Self);
