using System.Text.Json;
using System.Text.Json.Serialization;
using Tidepool.AgentProtocol;

namespace Tidepool.AzurePipelines.Api;

/// <summary>What is said of variable groups.</summary>
/// <remarks>Source: https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups</remarks>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(WireTimeConverter)])]
[JsonSerializable(typeof(Collection<VariableGroupResource>))]
[JsonSerializable(typeof(VariableGroupWish))]
internal sealed partial class VariableGroupJson : JsonSerializerContext;

/// <summary>A variable group as it is told: without the values of secrets.</summary>
internal sealed record VariableGroupResource
{
    public required int Id { get; init; }
    public required string Name { get; init; }
    public string? Description { get; init; }
    public string Type { get; init; } = VariableGroupWish.Ordinary;
    public bool IsShared { get; init; }
    public required IReadOnlyDictionary<string, GroupValue> Variables { get; init; }
    public required DateTimeOffset CreatedOn { get; init; }
    public required DateTimeOffset ModifiedOn { get; init; }
    public required IdentityReference CreatedBy { get; init; }
    public required IdentityReference ModifiedBy { get; init; }
    public required IReadOnlyList<GroupOfProject> VariableGroupProjectReferences { get; init; }
}

/// <summary>A variable group as a client wants it.</summary>
internal sealed record VariableGroupWish
{
    /// <summary>The type of a group that is linked to no vault.</summary>
    public const string Ordinary = "Vsts";

    public string? Name { get; init; }
    public string? Description { get; init; }
    public string? Type { get; init; }
    public IReadOnlyDictionary<string, GroupValue?>? Variables { get; init; }

    /// <summary>Newer clients name the group here, once for each project.</summary>
    public IReadOnlyList<GroupOfProject>? VariableGroupProjectReferences { get; init; }
}

/// <summary>The value of a group's variable; null for a secret one that is told, or that stays what it was.</summary>
internal sealed record GroupValue
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    [JsonConverter(typeof(LooseStringConverter))]
    public string? Value { get; init; }
    public bool? IsSecret { get; init; }
}

/// <summary>A group's name in a project.</summary>
internal sealed record GroupOfProject(string? Name, string? Description, ProjectReference? ProjectReference);
