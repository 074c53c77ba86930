using System.Text.Json;
using System.Text.Json.Serialization;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.TaskPackages;

namespace Tidepool.AzurePipelines.Api;

/// <summary>Wire messages that only the service writes.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(WireTimeConverter)])]
[JsonSerializable(typeof(Collection<ApiResourceLocation>))]
[JsonSerializable(typeof(Collection<ResourceArea>))]
[JsonSerializable(typeof(Collection<TaskAttachment>))]
[JsonSerializable(typeof(Collection<TaskDefinition>))]
[JsonSerializable(typeof(FeatureFlag))]
[JsonSerializable(typeof(TokenRefusal))]
[JsonSerializable(typeof(AssertionHeader))]
[JsonSerializable(typeof(AssertionClaims))]
[JsonSerializable(typeof(RepositoryVersion))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class ServiceJson : JsonSerializerContext;

/// <summary>One row of the answer to <c>OPTIONS _apis/</c>.</summary>
internal sealed record ApiResourceLocation
{
    public required Guid Id { get; init; }
    public required string Area { get; init; }
    public required string ResourceName { get; init; }
    public required string RouteTemplate { get; init; }
    public int ResourceVersion { get; init; } = 1;
    public string MinVersion { get; init; } = "1.0";
    public string MaxVersion { get; init; } = "12.0";
    public string ReleasedVersion { get; init; } = "12.0";
}

/// <summary>Where the resources of one area live; here always in the organization itself.</summary>
internal sealed record ResourceArea(Guid Id, string Name, string LocationUrl);

internal sealed record FeatureFlag(string Name, string Description, string Uri, string ExplicitState, string EffectiveState);

/// <summary>The token endpoint's refusal.</summary>
internal sealed record TokenRefusal(
    [property: JsonPropertyName("error")] string Error,
    [property: JsonPropertyName("errordescription")] string Description);

/// <summary>The author and the message of the commit that a repository resource points to.</summary>
internal sealed record RepositoryVersion(string Author, string Message);
