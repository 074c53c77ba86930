using System.Text.Json;

namespace Tidepool.Agent.Registration;

/// <summary>Asks the ECS task metadata endpoint which task this container is part of.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html</remarks>
internal static class TaskMetadata
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>The task's id, the last segment of its ARN; null outside of ECS.</summary>
    /// <exception cref="AgentException">The endpoint is named but gives no task.</exception>
    public static async Task<string?> ReadTaskIdAsync(HttpClient http, string? metadataUri, TimeProvider clock, CancellationToken ct)
    {
        if (metadataUri is null)
        {
            return null;
        }
        using var limited = new CancellationTokenSource(Limit, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limited.Token);
        try
        {
            var body = await http.GetByteArrayAsync($"{metadataUri.TrimEnd('/')}/task", linked.Token);
            return TaskIdOf(body) ?? throw Unreadable(metadataUri, "its answer has no TaskARN");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            throw Unreadable(metadataUri, e.Message);
        }
    }

    internal static string? TaskIdOf(ReadOnlyMemory<byte> task)
    {
        using var json = JsonDocument.Parse(task);
        return json.RootElement.TryGetProperty("TaskARN", out var arn) ? arn.GetString()!.Split('/')[^1] : null;
    }

    private static AgentException Unreadable(string uri, string why) => new(
        "AGENT007",
        $"The task metadata endpoint {uri} could not be read: {why}.",
        "Check ECS_CONTAINER_METADATA_URI_V4; unset it outside of ECS.");
}
