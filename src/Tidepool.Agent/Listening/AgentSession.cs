using System.Net;
using Tidepool.Agent.Registration;
using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Listening;

/// <summary>One session: the agent is online in its pool while it lives.</summary>
internal sealed class AgentSession(WireClient client, RegisteredAgent agent, Guid id, byte[]? key)
{
    /// <summary>The service holds a poll for 50 s.</summary>
    private static readonly TimeSpan PollTimeout = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(5);

    /// <summary>How long an old session of this agent may be in the way.</summary>
    private static readonly TimeSpan ConflictLimit = TimeSpan.FromMinutes(4);

    private string Pool => $"_apis/distributedtask/pools/{agent.PoolId}";

    /// <exception cref="WireException">The service refused for good.</exception>
    public static async Task<AgentSession> OpenAsync(
        WireClient client, AgentIdentity identity, RegisteredAgent agent, TimeProvider clock, CancellationToken ct)
    {
        var request = new TaskAgentSession
        {
            OwnerName = Environment.MachineName,
            Agent = agent.Reference,
            SystemCapabilities = agent.Capabilities,
        };
        var start = clock.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            try
            {
                var session = await client.SendAsync(
                    HttpMethod.Post,
                    $"_apis/distributedtask/pools/{agent.PoolId}/sessions",
                    request,
                    ProtocolJson.Default.TaskAgentSession,
                    ProtocolJson.Default.TaskAgentSession,
                    ct);
                return new(client, agent, session!.SessionId, identity.OpenSessionKey(session.EncryptionKey));
            }
            catch (WireException e) when (
                e.TypeKey == "TaskAgentSessionConflictException" && clock.GetElapsedTime(start) < ConflictLimit)
            {
                AgentLog.Warning($"An older session of {agent.Name} is still open; it ends by itself.");
            }
            await Task.Delay(Retry.DelayAfter(tries), clock, ct);
        }
    }

    /// <summary>Waits for the next message; null when the service had none for a while.</summary>
    public Task<TaskAgentMessage?> PollAsync(long? lastMessageId, CancellationToken ct) => client.PollAsync(
        $"{Pool}/messages?sessionId={id}{(lastMessageId is { } last ? $"&lastMessageId={last}" : "")}",
        ProtocolJson.Default.TaskAgentMessage,
        PollTimeout,
        ct);

    public byte[] Open(TaskAgentMessage message) => AgentIdentity.OpenMessage(message, key);

    /// <summary>Says that a message was taken; a failure only means that it comes again.</summary>
    public async Task DeleteAsync(TaskAgentMessage message, CancellationToken ct)
    {
        try
        {
            await client.DeleteAsync($"{Pool}/messages/{message.MessageId}?sessionId={id}", ct);
        }
        catch (Exception e) when (e is HttpRequestException or WireException or OperationCanceledException)
        {
            AgentLog.Warning($"Message {message.MessageId} could not be deleted: {e.Message}");
        }
    }

    /// <summary>Ends the session; one that cannot be ended expires by itself.</summary>
    public async Task CloseAsync(TimeProvider clock)
    {
        using var limit = new CancellationTokenSource(CloseLimit, clock);
        try
        {
            await client.DeleteAsync($"{Pool}/sessions/{id}", limit.Token);
        }
        catch (WireException e) when (e.IsKeyRefused || e.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden)
        {
            // It ended already.
        }
        catch (Exception e) when (e is HttpRequestException or WireException or OperationCanceledException)
        {
            AgentLog.Warning($"The session could not be ended and expires by itself: {e.Message}");
        }
    }
}
