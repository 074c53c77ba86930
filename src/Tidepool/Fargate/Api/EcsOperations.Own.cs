using System.Text.Json.Nodes;

namespace Tidepool.Fargate.Api;

/// <summary>What ECS has no operation for, and a rehearsal needs.</summary>
internal sealed partial class EcsOperations
{
    /// <summary>Does an operation that only the local Fargate has.</summary>
    /// <inheritdoc cref="DoAsync"/>
    public Task<object> DoOwnAsync(string name, JsonObject body, CancellationToken ct) => name switch
    {
        "InterruptTask" => InterruptTaskAsync(body, ct),
        _ => throw Unknown(name),
    };

    private async Task<object> InterruptTaskAsync(JsonObject body, CancellationToken ct) =>
        new { task = await fargate.InterruptTaskAsync(Read<InterruptTask>(body).Task, ct) };

    private sealed record InterruptTask(string Task);
}
