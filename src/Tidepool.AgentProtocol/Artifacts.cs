using System.Text.Json.Serialization;

namespace Tidepool.AgentProtocol;

/// <summary>An artifact of a run: <c>{project}/_apis/build/builds/{id}/artifacts</c>.</summary>
/// <remarks>Source: https://learn.microsoft.com/rest/api/azure/devops/build/artifacts</remarks>
public sealed record BuildArtifact
{
    public int Id { get; init; }
    public string Name { get; set; } = "";

    /// <summary>Id of the job that made it.</summary>
    public string? Source { get; init; }
    public ArtifactResource Resource { get; set; } = new();
}

/// <summary>Where an artifact's content is.</summary>
public sealed record ArtifactResource
{
    public const string Container = "Container";

    /// <summary><see cref="Container"/>, <c>FilePath</c>, <c>PipelineArtifact</c> or others.</summary>
    [JsonConverter(typeof(LooseStringConverter))]
    public string? Type { get; init; }

    /// <summary>Of a container: <c>#/{container}/{folder}</c>.</summary>
    public string? Data { get; init; }
    public IReadOnlyDictionary<string, string>? Properties { get; init; }
    public string? Url { get; init; }
    public string? DownloadUrl { get; init; }
}

/// <summary>A file or folder in a file container: <c>_apis/resources/Containers/{id}</c>.</summary>
/// <remarks>Source: https://learn.microsoft.com/rest/api/azure/devops/ (resource area of file containers); shapes as agents use them.</remarks>
public sealed record FileContainerItem
{
    public long ContainerId { get; init; }

    /// <summary>Within the container, with slashes, the artifact's folder first.</summary>
    public string Path { get; set; } = "";

    /// <summary><c>file</c> or <c>folder</c>.</summary>
    [JsonConverter(typeof(LooseStringConverter))]
    public string? ItemType { get; init; }

    /// <summary>Bytes.</summary>
    public long FileLength { get; init; }

    /// <summary><c>created</c> or <c>pendingUpload</c>.</summary>
    [JsonConverter(typeof(LooseStringConverter))]
    public string? Status { get; init; }
    public string? ContentLocation { get; init; }
}

/// <summary>What an agent changes of a run: its number.</summary>
public sealed record BuildUpdate(int Id, string? BuildNumber, BuildProject? Project);

public sealed record BuildProject(string Id);
