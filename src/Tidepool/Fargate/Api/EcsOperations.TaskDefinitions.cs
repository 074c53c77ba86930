using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Api;

/// <summary>Task definitions.</summary>
internal sealed partial class EcsOperations
{
    private const int MostDeletions = 10;

    // The last request of each family.
    private readonly ConcurrentDictionary<string, (JsonObject Body, RegisterTaskDefinitionRequest Read)> _registered = new();

    private async Task<object> RegisterTaskDefinitionAsync(JsonObject body, CancellationToken ct)
    {
        var definition = await fargate.RegisterTaskDefinitionAsync(ReadDefinition(body), ct);
        return new { taskDefinition = definition with { Tags = [] }, tags = definition.Tags };
    }

    /// <summary>Whoever deploys again registers what is registered: a revision that says the same as the one before shares its parts.</summary>
    private RegisterTaskDefinitionRequest ReadDefinition(JsonObject body)
    {
        if (Text(body, "family") is { } family && _registered.TryGetValue(family, out var last) && JsonNode.DeepEquals(body, last.Body))
        {
            return last.Read;
        }

        var read = Read<RegisterTaskDefinitionRequest>(body);
        _registered[read.Family] = (body, read);
        return read;
    }

    private async Task<object> DescribeTaskDefinitionAsync(JsonObject body, CancellationToken ct)
    {
        var request = Read<DescribeTaskDefinition>(body);
        var definition = await fargate.DescribeTaskDefinitionAsync(request.TaskDefinition, ct);
        return new { taskDefinition = definition with { Tags = [] }, tags = request.Include?.Contains("TAGS") is true ? definition.Tags : null };
    }

    private async Task<object> ListTaskDefinitionsAsync(JsonObject body, CancellationToken ct)
    {
        var request = Read<ListTaskDefinitions>(body);
        var found = (await fargate.ListTaskDefinitionsAsync(ct))
            .Where(definition => definition.Status == request.Status)
            .Where(definition => request.FamilyPrefix is null || definition.Family == request.FamilyPrefix)
            .Select(definition => definition.TaskDefinitionArn);
        var page = Page.Of([.. request.Sort is "DESC" ? found.Reverse() : found], request.NextToken, request.MaxResults);
        return new { taskDefinitionArns = page.Items, page.NextToken };
    }

    private async Task<object> ListTaskDefinitionFamiliesAsync(JsonObject body, CancellationToken ct)
    {
        var request = Read<ListTaskDefinitionFamilies>(body);
        var families = (await fargate.ListTaskDefinitionsAsync(ct))
            .GroupBy(definition => definition.Family)
            .Where(family => request.FamilyPrefix is null || family.Key.StartsWith(request.FamilyPrefix, StringComparison.Ordinal))
            .Where(family => request.Status is "ALL" || family.Any(definition => definition.Status is "ACTIVE") == request.Status is "ACTIVE")
            .Select(family => family.Key);
        var page = Page.Of([.. families], request.NextToken, request.MaxResults);
        return new { families = page.Items, page.NextToken };
    }

    private async Task<object> DeregisterTaskDefinitionAsync(JsonObject body, CancellationToken ct)
    {
        var definition = await fargate.DeregisterTaskDefinitionAsync(Read<OfTaskDefinition>(body).TaskDefinition, ct);
        return new { taskDefinition = definition with { Tags = [] } };
    }

    private async Task<object> DeleteTaskDefinitionsAsync(JsonObject body, CancellationToken ct)
    {
        var request = Read<DeleteTaskDefinitions>(body);
        NotEmpty(request.TaskDefinitions, "Task definitions", MostDeletions);
        var (deleted, failures) = await fargate.DeleteTaskDefinitionsAsync(request.TaskDefinitions, ct);
        return new { taskDefinitions = deleted.Select(definition => definition with { Tags = [] }), failures };
    }

    private sealed record OfTaskDefinition(string TaskDefinition);

    private sealed record DescribeTaskDefinition(string TaskDefinition, IReadOnlyList<string>? Include = null);

    private sealed record DeleteTaskDefinitions(IReadOnlyList<string> TaskDefinitions);

    private sealed record ListTaskDefinitions(
        string? FamilyPrefix = null, string Status = "ACTIVE", string? Sort = null, string? NextToken = null, int? MaxResults = null);

    private sealed record ListTaskDefinitionFamilies(
        string? FamilyPrefix = null, string Status = "ALL", string? NextToken = null, int? MaxResults = null);
}
