using System.Net.Sockets;
using System.Text.Json;
using Docker.DotNet;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>What an engine says when it refuses, and how it looks when it is gone.</summary>
internal static class EngineWords
{
    /// <summary>The engine's own message.</summary>
    public static string Of(DockerApiException refusal)
    {
        try
        {
            using var body = JsonDocument.Parse(refusal.ResponseBody ?? "");
            return body.RootElement.TryGetProperty("message", out var message) && message.GetString() is { Length: > 0 } text ? text.Trim() : refusal.Message;
        }
        catch (JsonException)
        {
            return refusal.ResponseBody is { Length: > 0 } text ? text.Trim() : refusal.Message;
        }
    }

    /// <summary>Whether the engine did not answer at all, or stopped in the middle.</summary>
    public static bool IsGone(Exception e) => e is HttpRequestException or IOException or SocketException or TimeoutException or ObjectDisposedException;

    /// <summary>Asks the engine; both kinds of failure become an <see cref="IOException"/> with its words.</summary>
    public static async Task<T> AskAsync<T>(Func<Task<T>> question)
    {
        try
        {
            return await question();
        }
        catch (DockerApiException e)
        {
            throw new IOException(Of(e), e);
        }
        catch (Exception e) when (IsGone(e))
        {
            throw new IOException($"the container engine does not answer: {e.Message}", e);
        }
    }

    /// <inheritdoc cref="AskAsync{T}"/>
    public static Task AskAsync(Func<Task> question) => AskAsync(async () =>
    {
        await question();
        return true;
    });
}
