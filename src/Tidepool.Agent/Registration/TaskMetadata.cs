using System.Text.Json;
using Tidepool.Agent.Wire;

namespace Tidepool.Agent.Registration;

/// <summary>The ECS task that this container is part of.</summary>
/// <param name="TaskId">The last segment of its ARN.</param>
/// <param name="Revision"><c>family:revision</c> of its task definition; null where the endpoint does not say.</param>
/// <param name="Containers">How many containers it has; 0 where the endpoint does not say.</param>
internal sealed record TaskFacts(string TaskId, string? Revision = null, int Containers = 0);

/// <summary>Asks the ECS task metadata endpoint.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html</remarks>
internal static class TaskMetadata
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>What this container is part of; null outside of ECS.</summary>
    /// <exception cref="AgentException">The endpoint is named but gives no task.</exception>
    public static async Task<TaskFacts?> ReadAsync(string? metadataUri, TimeProvider clock, CancellationToken ct)
    {
        if (metadataUri is null)
        {
            return null;
        }
        using var http = WireClient.MakeLocalHttp();
        using var limited = new CancellationTokenSource(Limit, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limited.Token);
        try
        {
            var body = await http.GetByteArrayAsync($"{metadataUri.TrimEnd('/')}/task", linked.Token);
            return FactsOf(body) ?? throw Unreadable(metadataUri, "its answer has no TaskARN");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            throw Unreadable(metadataUri, e.Message);
        }
    }

    internal static TaskFacts? FactsOf(ReadOnlyMemory<byte> task)
    {
        using var json = JsonDocument.Parse(task);
        var root = json.RootElement;
        return root.ValueKind == JsonValueKind.Object && Text(root, "TaskARN") is { } arn
            ? new(
                arn.Split('/')[^1],
                Text(root, "Family") is { } family && Text(root, "Revision") is { } revision ? $"{family}:{revision}" : null,
                root.TryGetProperty("Containers", out var containers) && containers.ValueKind == JsonValueKind.Array ? containers.GetArrayLength() : 0)
            : null;
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static AgentException Unreadable(string uri, string why) => new(
        "AGENT007",
        $"The task metadata endpoint {uri} could not be read: {why}.",
        "Check ECS_CONTAINER_METADATA_URI_V4; unset it outside of ECS.");
}
