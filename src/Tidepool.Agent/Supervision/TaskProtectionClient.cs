using System.Globalization;
using System.Text;
using System.Text.Json;
using Tidepool.Agent.Wire;

namespace Tidepool.Agent.Supervision;

/// <summary>What the task protection endpoint answered.</summary>
internal abstract record ProtectionAnswer
{
    private ProtectionAnswer()
    {
    }

    /// <summary>It did as it was told.</summary>
    public sealed record State(bool IsProtected) : ProtectionAnswer;

    /// <summary>The task is no service's, so nothing would scale it in.</summary>
    public sealed record Needless : ProtectionAnswer;

    /// <summary>It did not.</summary>
    /// <param name="Why">A sentence without its end.</param>
    /// <param name="Mend">What the user does about it, a sentence; empty where nothing.</param>
    public sealed record Refusal(string Why, string Mend = "") : ProtectionAnswer;
}

/// <summary>Calls <c>$ECS_AGENT_URI/task-protection/v1/state</c>, once and for five seconds at most.</summary>
/// <remarks>
/// A failure comes with status 200, an error with the status of the ECS API. Source:
/// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html and
/// https://github.com/aws/amazon-ecs-agent, ecs-agent/tmds/handlers/taskprotection/v1
/// </remarks>
/// <param name="agentUri">ECS_AGENT_URI.</param>
internal sealed class TaskProtectionClient(string agentUri, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http = WireClient.MakeLocalHttp();

    public Task<ProtectionAnswer> AskAsync(CancellationToken ct) => CallAsync(HttpMethod.Get, null, ct);

    /// <param name="minutes">Until the protection ends by itself, 1 to 2880.</param>
    public Task<ProtectionAnswer> ProtectAsync(int minutes, CancellationToken ct) => CallAsync(
        HttpMethod.Put, string.Create(CultureInfo.InvariantCulture, $$"""{"ProtectionEnabled":true,"ExpiresInMinutes":{{minutes}}}"""), ct);

    public Task<ProtectionAnswer> LetGoAsync(CancellationToken ct) => CallAsync(HttpMethod.Put, """{"ProtectionEnabled":false}""", ct);

    public void Dispose() => _http.Dispose();

    private async Task<ProtectionAnswer> CallAsync(HttpMethod method, string? body, CancellationToken ct)
    {
        using var limited = new CancellationTokenSource(Limit, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limited.Token);
        try
        {
            using var request = new HttpRequestMessage(method, $"{agentUri.TrimEnd('/')}/task-protection/v1/state");
            request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await _http.SendAsync(request, linked.Token);
            return Read(await response.Content.ReadAsByteArrayAsync(linked.Token)) ?? new ProtectionAnswer.Refusal($"status {(int)response.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or UriFormatException or InvalidOperationException)
        {
            return new ProtectionAnswer.Refusal($"{agentUri} could not be reached: {e.Message.TrimEnd('.')}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new ProtectionAnswer.Refusal($"{agentUri} did not answer within {Limit.TotalSeconds:0} s");
        }
    }

    private static ProtectionAnswer? Read(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement is not { ValueKind: JsonValueKind.Object } root ? null
                : Part(root, "failure") is { } failure ? Failure(Text(failure, "Reason"), Text(failure, "Detail"))
                : Part(root, "error") is { } error ? Error(Text(error, "Code"), Text(error, "Message"))
                : Part(root, "protection") is { } protection && protection.TryGetProperty("ProtectionEnabled", out var enabled)
                ? new ProtectionAnswer.State(enabled.ValueKind == JsonValueKind.True)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ProtectionAnswer Failure(string reason, string detail) => reason switch
    {
        "TASK_NOT_VALID" => new ProtectionAnswer.Needless(),
        "DEPLOYMENT_BLOCKED" => new ProtectionAnswer.Refusal(
            $"{reason}: the service has as many protected tasks as it wants tasks", "It is asked again while the job runs."),
        _ => new ProtectionAnswer.Refusal(detail.Length > 0 ? $"{reason}: {detail.TrimEnd('.')}" : reason),
    };

    private static ProtectionAnswer Error(string code, string message) => new ProtectionAnswer.Refusal(
        $"{code}: {message.TrimEnd('.')}",
        code == "AccessDeniedException" ? "Give the task role ecs:UpdateTaskProtection and ecs:GetTaskProtection on its own cluster's tasks." : "");

    private static JsonElement? Part(JsonElement root, string name) =>
        root.TryGetProperty(name, out var part) && part.ValueKind == JsonValueKind.Object ? part : null;

    private static string Text(JsonElement part, string name) =>
        part.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
}
