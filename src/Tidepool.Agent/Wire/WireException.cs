using System.Net;
using System.Text.Json;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Wire;

/// <summary>The service refused a call.</summary>
internal sealed class WireException(HttpStatusCode status, WireError error, string call)
    : Exception($"{call} was answered {(int)status}: {(error.Message is { Length: > 0 } said ? said : status.ToString())}")
{
    public HttpStatusCode Status { get; } = status;

    /// <summary>The kind of refusal, as <c>TaskAgentSessionExpiredException</c>; empty where the answer named none.</summary>
    public string TypeKey { get; } = error.TypeKey ?? "";

    /// <summary>The agent's key was refused, so no call with it will succeed any more: the agent was removed or replaced.</summary>
    public bool IsKeyRefused { get; private init; }

    /// <summary>Whether the same call may succeed a little later.</summary>
    public bool IsTransient => Status is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
        or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout or HttpStatusCode.InternalServerError;

    public static async Task<WireException> OfAsync(HttpResponseMessage response, string call, CancellationToken ct, bool isKeyRefused = false)
    {
        var body = await response.Content.ReadAsByteArrayAsync(ct);
        return new(response.StatusCode, Read(body), call) { IsKeyRefused = isKeyRefused };
    }

    /// <summary>What is missing in the body is null in the error, whatever its type says: an OAuth refusal has neither text nor key.</summary>
    private static WireError Read(byte[] body)
    {
        try
        {
            return body.Length == 0 ? new() : JsonSerializer.Deserialize(body, ProtocolJson.Default.WireError) ?? new();
        }
        catch (JsonException)
        {
            // A proxy's page, not the service's answer: the status says all there is.
            return new();
        }
    }
}
