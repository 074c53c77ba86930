using System.Text.Json;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Jobs;

/// <summary>Reads what a job message says of repositories.</summary>
internal static class RepositoryResources
{
    public const string Self = "self";

    public static string? Text(RepositoryResource repository, string property) =>
        repository.Properties.TryGetValue(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Without the owner or project before it; the alias where the message gives no name.</summary>
    public static string Name(RepositoryResource repository) =>
        Text(repository, "name") is { Length: > 0 } name && name.Split('/')[^1] is { Length: > 0 } last ? last : repository.Alias;
}
