using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tidepool.AgentProtocol;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>Sends what an agent sent once, with the ids of this service in it, and compares the answers.</summary>
internal sealed class WireReplay(ServiceUnderTest tested, ScriptedAgent agent) : IDisposable
{
    private readonly HttpClient _http = new();
    private readonly Dictionary<string, string> _ids = [];
    private readonly Queue<Guid> _recordedSteps = new();
    private Dictionary<Guid, string> _locations = [];
    private AgentJobRequestMessage? _job;

    public void Dispose() => _http.Dispose();

    /// <summary>Says which recorded id stands for which of ours.</summary>
    public void Map(string recorded, string ours) => _ids[recorded] = ours;

    /// <summary>The step records of the recording, in the order of the pipeline's steps; the first is the job's.</summary>
    public void MapRecords(params string[] recorded)
    {
        foreach (var id in recorded)
        {
            _recordedSteps.Enqueue(new(id));
        }
    }

    /// <summary>Replays one exchange and compares status and answer.</summary>
    public async Task PlayAsync(RecordedExchange exchange)
    {
        var path = Regex.Replace(exchange.Url, "^/(runner/server/)?", "");
        if (path.StartsWith("_apis/v1/auth", StringComparison.Ordinal))
        {
            using var token = await agent.AskForTokenAsync();
            await CompareAsync(exchange, token);
            return;
        }

        var authorization = exchange.Authorization switch
        {
            "Basic" => new AuthenticationHeaderValue("Basic",
                Convert.ToBase64String(Encoding.UTF8.GetBytes($"VstsAgent:{ServiceUnderTest.Token}"))),
            "Bearer" when exchange.Url.StartsWith("/runner/server", StringComparison.Ordinal) => new("Bearer", agent.Bearer),
            "Bearer" => new("Bearer", _job!.Resources.Endpoints.Single().Authorization!.Parameters["AccessToken"]),
            _ => null,
        };
        if (authorization is null && exchange.Status == 200)
        {
            // That server let everyone read its connection data. Azure DevOps does not, and an agent fetches a token only when refused.
            using var refused = await SendAsync(exchange, path, authorization: null);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.Contains("Bearer", refused.Headers.WwwAuthenticate.Select(challenge => challenge.Scheme));
            authorization = new("Bearer", await agent.RenewBearerAsync());
        }

        using var response = await SendAsync(exchange, path, authorization);
        await CompareAsync(exchange, response);
    }

    private async Task<HttpResponseMessage> SendAsync(RecordedExchange exchange, string path, AuthenticationHeaderValue? authorization)
    {
        using var request = new HttpRequestMessage(new(exchange.Method), $"{tested.Service.OrganizationUrl}/{OurPath(path)}");
        request.Headers.Accept.ParseAdd("application/json; api-version=5.1-preview.1");
        request.Headers.Authorization = authorization;
        if (exchange.Request is JsonValue text)
        {
            request.Content = new StringContent(text.GetValue<string>(), Encoding.UTF8, "application/octet-stream");
        }
        else if (exchange.Request is { } body)
        {
            request.Content = new StringContent(Ours(body)!.ToJsonString(), Encoding.UTF8);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/json; charset=utf-8; api-version=5.1-preview.1");
        }

        var sending = _http.SendAsync(request, TestContext.Current.CancellationToken);
        if (exchange is { Method: "GET", Status: 204 })
        {
            // The agent waited in this poll until it was empty.
            await ServiceUnderTest.UntilAsync(() => tested.Service.PollsUnderWay == 1);
            tested.Clock.Advance(TimeSpan.FromSeconds(50));
        }

        return await sending;
    }

    private string OurPath(string path)
    {
        var (bare, query) = path.Split('?', 2) is [var before, var after] ? (before, $"?{Replaced(after)}") : (path, "");
        if (WireRecording.Locate(bare) is not var (location, values))
        {
            return bare + query;
        }

        var ours = Regex.Replace(_locations[location].TrimStart('/'), @"/?\{(\w+)\}", match =>
            values.TryGetValue(match.Groups[1].Value, out var value)
                ? $"{(match.Value[0] == '/' ? "/" : "")}{RouteValue(match.Groups[1].Value, value)}"
                : "");
        return ours + query;
    }

    private string RouteValue(string name, string value) => name switch
    {
        "poolId" => "1",
        "agentId" => $"{agent.Registration!.Id}",
        "messageId" => $"{agent.LastMessageId}",
        "requestId" => $"{_job!.RequestId}",
        "scopeIdentifier" => $"{_job!.Plan.ScopeIdentifier}",
        "hubName" => _job!.Plan.PlanType,
        "planId" => $"{_job!.Plan.PlanId}",
        "timelineId" => $"{_job!.Timeline.Id}",
        "logId" => _ids[$"log {value}"],
        _ => _ids.GetValueOrDefault(value, value),
    };

    private string Replaced(string query) => Regex.Replace(
        Regex.Replace(query, "sessionId=[^&]+", $"sessionId={agent.Session?.SessionId}"),
        "lastMessageId=[^&]+",
        $"lastMessageId={agent.LastMessageId}");

    private JsonNode? Ours(JsonNode? recorded, string? name = null) => recorded switch
    {
        JsonObject fields => new JsonObject(fields.Select(field => KeyValuePair.Create(field.Key, OurField(name, field.Key, field.Value)))),
        JsonArray items => new JsonArray([.. items.Select(item => Ours(item))]),
        JsonValue value when value.TryGetValue<string>(out var text) && _ids.TryGetValue(text, out var ours) => ours,
        _ => recorded?.DeepClone(),
    };

    private JsonNode? OurField(string? parent, string name, JsonNode? value) => (parent, name) switch
    {
        ("agent", "id") => agent.Registration!.Id,
        ("log", "id") => int.Parse(_ids[$"log {value}"], System.Globalization.CultureInfo.InvariantCulture),
        (_, "requestId") => _job!.RequestId,
        ("publicKey", "modulus") => agent.Modulus,
        _ => Ours(value, name),
    };

    private async Task CompareAsync(RecordedExchange exchange, HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(exchange.Status == (int)response.StatusCode, $"{exchange.Method} {exchange.Url}: {(int)response.StatusCode} {text}");
        if (exchange.Status == 401)
        {
            Assert.Contains("Bearer", response.Headers.WwwAuthenticate.Select(challenge => challenge.Scheme));
        }

        var answer = text.Length > 0 ? JsonNode.Parse(text) : null;
        if (exchange.Response is { } recorded)
        {
            Assert.True(
                WireRecording.Missing(recorded, answer).ToList() is [],
                $"{exchange.Method} {exchange.Url}: {string.Join("; ", WireRecording.Missing(recorded, answer))}");
        }

        Learn(exchange, answer, text);
    }

    private void Learn(RecordedExchange exchange, JsonNode? answer, string text)
    {
        if (answer?["locationServiceData"]?["serviceDefinitions"] is JsonArray { Count: > 0 } rows)
        {
            _locations = rows.ToDictionary(row => row!["identifier"]!.GetValue<Guid>(), row => row!["relativePath"]!.GetValue<string>());
        }
        else if (answer?["access_token"] is { } token)
        {
            agent.UseBearer(token.GetValue<string>());
        }
        else if (answer?["sessionId"] is not null)
        {
            agent.UseSession(JsonSerializer.Deserialize(text, ProtocolJson.Default.TaskAgentSession)!);
        }
        else if (answer?["messageType"] is not null)
        {
            Read(agent.Open(JsonSerializer.Deserialize(text, ProtocolJson.Default.TaskAgentMessage)!));
        }
        else if (answer?["authorization"] is not null)
        {
            agent.UseRegistration(JsonSerializer.Deserialize(text, ProtocolJson.Default.TaskAgent)!);
        }
        else if (exchange.Response?["path"] is not null)
        {
            _ids[$"log {exchange.Response["id"]}"] = answer!["id"]!.ToString();
        }
    }

    private void Read(TaskAgentMessage message)
    {
        if (message.MessageType != TaskAgentMessage.JobRequest)
        {
            return;
        }

        _job = JsonSerializer.Deserialize(message.Body, ProtocolJson.Default.AgentJobRequestMessage)!;
        foreach (var ours in _job.Steps.Select(step => step.Id).Prepend(_job.JobId))
        {
            var recorded = _recordedSteps.Dequeue().ToString();
            _ids[recorded] = ours.ToString();
            _ids[$"logs\\{recorded}"] = $"logs\\{recorded}";
        }
    }
}
