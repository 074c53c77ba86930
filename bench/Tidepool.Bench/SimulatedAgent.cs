using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tidepool.Bench;

/// <summary>An agent on the wire that does nothing in its jobs: it polls, takes a job, says that it is done, and polls again.</summary>
internal sealed class SimulatedAgent(HttpClient http, Uri organization, RSA key, string name, string? capability = null)
{
    private const string Pool = "_apis/distributedtask/pools/1";

    private string _bearer = "";
    private byte[] _sessionKey = [];
    private long _last;
    private TimeSpan _waited;

    /// <summary>The id of its session.</summary>
    public string Session { get; private set; } = "";

    /// <summary>What it shows the service.</summary>
    public string Token => _bearer;

    /// <summary>Registers and goes online.</summary>
    public async Task GoOnlineAsync(CancellationToken ct)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        var agent = await SendAsync(HttpMethod.Post, $"{Pool}/agents", new JsonObject
        {
            ["name"] = name,
            ["version"] = "4.0.0",
            ["maxParallelism"] = 1,
            ["systemCapabilities"] = new JsonObject { ["Agent.Version"] = "4.0.0", [capability ?? "Agent.Name"] = name },
            ["authorization"] = new JsonObject
            {
                ["publicKey"] = new JsonObject
                {
                    ["exponent"] = Convert.ToBase64String(parameters.Exponent!),
                    ["modulus"] = Convert.ToBase64String(parameters.Modulus!),
                },
            },
        }, Basic(PipelinesServer.Token), ct);
        await SignInAsync(agent!["authorization"]!, ct);
        var session = await SendAsync(HttpMethod.Post, $"{Pool}/sessions", new JsonObject
        {
            ["sessionId"] = $"{Guid.Empty}",
            ["ownerName"] = "bench",
            ["agent"] = new JsonObject { ["id"] = (int)agent["id"]!, ["name"] = name },
        }, Bearer(_bearer), ct);
        Session = (string)session!["sessionId"]!;
        _sessionKey = key.Decrypt(Convert.FromBase64String((string)session["encryptionKey"]!["value"]!), RSAEncryptionPadding.OaepSHA1);
    }

    /// <summary>Runs jobs until it is told to stop.</summary>
    /// <param name="done">Called after each job with the time from its queuing until this agent had it.</param>
    /// <param name="ct">Stops it.</param>
    public async Task RunAsync(Action<TimeSpan> done, CancellationToken ct)
    {
        try
        {
            while (!ct.IsCancellationRequested)
            {
                var job = await TakeAsync(ct);
                await SendAsync(HttpMethod.Post, $"{job["plan"]!["scopeIdentifier"]}/_apis/distributedtask/hubs/build/plans/{job["plan"]!["planId"]}/events", new JsonObject
                {
                    ["requestId"] = (long)job["requestId"]!,
                    ["result"] = "succeeded",
                    ["name"] = "JobCompleted",
                    ["jobId"] = (string)job["jobId"]!,
                }, Bearer(TokenOf(job)), ct);
                done(_waited);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The bench is over.
        }
    }

    /// <summary>Waits for a job and takes it, and does no more.</summary>
    public async Task<JsonNode> TakeAsync(CancellationToken ct)
    {
        JsonNode? message;
        do
        {
            message = await SendAsync(HttpMethod.Get, $"{Pool}/messages?sessionId={Session}&lastMessageId={_last}", body: null, Bearer(_bearer), ct);
            _last = message is null ? _last : (long)message["messageId"]!;
        }
        while (message is null || (string?)message["messageType"] != "PipelineAgentJobRequest");

        var here = TimeProvider.System.GetUtcNow();
        var job = JsonNode.Parse(Decrypt(message))!;
        var request = await SendAsync(
            HttpMethod.Patch, $"{Pool}/jobrequests/{job["requestId"]}?lockToken={Guid.Empty}", new JsonObject { ["requestId"] = (long)job["requestId"]! }, Bearer(_bearer), ct);
        await SendAsync(HttpMethod.Delete, $"{Pool}/messages/{_last}?sessionId={Session}", body: null, Bearer(_bearer), ct);
        _waited = here - (DateTimeOffset)request!["queueTime"]!;
        return job;
    }

    /// <summary>The token of a job.</summary>
    public static string TokenOf(JsonNode job)
    {
        var connection = job["resources"]!["endpoints"]!.AsArray().First(endpoint => (string?)endpoint!["name"] == "SystemVssConnection")!;
        return (string)connection["authorization"]!["parameters"]!["AccessToken"]!;
    }

    private static AuthenticationHeaderValue Basic(string token) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($":{token}")));

    private static AuthenticationHeaderValue Bearer(string token) => new("Bearer", token);

    private string Decrypt(JsonNode message)
    {
        using var aes = Aes.Create();
        aes.Key = _sessionKey;
        return Encoding.UTF8.GetString(aes.DecryptCbc(Convert.FromBase64String((string)message["body"]!), Convert.FromBase64String((string)message["iv"]!)));
    }

    private async Task SignInAsync(JsonNode authorization, CancellationToken ct)
    {
        var (client, url) = ((string)authorization["clientId"]!, (string)authorization["authorizationUrl"]!);
        var now = TimeProvider.System.GetUtcNow();
        var claims = new JsonObject
        {
            ["sub"] = client,
            ["iss"] = client,
            ["jti"] = $"{Guid.NewGuid()}",
            ["aud"] = url,
            ["nbf"] = now.AddSeconds(-1).ToUnixTimeSeconds(),
            ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
        };
        var unsigned = $"{Base64Url.EncodeToString("{\"typ\":\"JWT\",\"alg\":\"RS256\"}"u8)}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        var signature = key.SignData(Encoding.ASCII.GetBytes(unsigned), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ["client_assertion"] = $"{unsigned}.{Base64Url.EncodeToString(signature)}",
        });
        using var answer = await http.PostAsync(url, form, ct);
        answer.EnsureSuccessStatusCode();
        _bearer = (string)(await answer.Content.ReadFromJsonAsync<JsonNode>(ct))!["access_token"]!;
    }

    private async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonObject? body, AuthenticationHeaderValue authorization, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, $"{organization}/{path}") { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = authorization;
        using var answer = await http.SendAsync(request, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        return !answer.IsSuccessStatusCode ? throw new InvalidOperationException($"{method} {path}: {answer.StatusCode} {text}")
            : answer.StatusCode == HttpStatusCode.NoContent || text.Length == 0 ? null
            : JsonNode.Parse(text);
    }
}
