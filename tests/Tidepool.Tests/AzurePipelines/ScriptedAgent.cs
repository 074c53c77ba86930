using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines;

namespace Tidepool.Tests.AzurePipelines;

/// <summary>An agent that does on the wire what a test says, step by step.</summary>
internal sealed class ScriptedAgent : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly RSA _key;
    private readonly Uri _organization;
    private readonly string _token;
    private readonly TimeProvider _clock;
    private byte[] _sessionKey = [];

    public ScriptedAgent(
        Uri organization, string token, TimeProvider clock, RSA key, string name, params (string Name, string Value)[] capabilities)
    {
        _key = key;
        (_organization, _token, _clock, Name) = (organization, token, clock, name);
        Capabilities = capabilities.ToDictionary(pair => pair.Name, pair => pair.Value);
    }

    public string Name { get; }
    public Dictionary<string, string> Capabilities { get; }
    public TaskAgent? Registration { get; private set; }
    public TaskAgentSession? Session { get; private set; }
    public long LastMessageId { get; private set; }
    public string Bearer { get; private set; } = "";

    /// <summary>The public key's modulus, base64.</summary>
    public string Modulus => Convert.ToBase64String(_key.ExportParameters(includePrivateParameters: false).Modulus!);

    public void Dispose() => _http.Dispose();

    /// <summary>Registers and goes online.</summary>
    public async Task<ScriptedAgent> GoOnlineAsync()
    {
        Registration = await RegisterAsync();
        await RenewBearerAsync();
        Session = await OpenSessionAsync();
        return this;
    }

    public Task<TaskAgent> RegisterAsync() =>
        SendAsync<TaskAgent>(HttpMethod.Post, "_apis/distributedtask/pools/1/agents", Description(), asOwner: true);

    public async Task<ScriptedAgent> ReplaceAsync(int agentId)
    {
        Registration = await SendAsync<TaskAgent>(HttpMethod.Put, $"_apis/distributedtask/pools/1/agents/{agentId}", Description(),
            asOwner: true);
        await RenewBearerAsync();
        Session = await OpenSessionAsync();
        return this;
    }

    public Task RemoveAsync() =>
        SendAsync(HttpMethod.Delete, $"_apis/distributedtask/pools/1/agents/{Registration!.Id}", body: null, asOwner: true);

    public async Task<TaskAgentSession> OpenSessionAsync()
    {
        var session = await SendAsync<TaskAgentSession>(
            HttpMethod.Post,
            "_apis/distributedtask/pools/1/sessions",
            new
            {
                sessionId = Guid.Empty,
                ownerName = "test",
                agent = new { id = Registration!.Id, name = Name, status = 0 },
                systemCapabilities = Capabilities,
            });
        UseSession(session);
        return session;
    }

    public void UseRegistration(TaskAgent registration) => Registration = registration;

    public void UseBearer(string token) => Bearer = token;

    public void UseSession(TaskAgentSession session)
    {
        Session = session;
        _sessionKey = _key.Decrypt(Convert.FromBase64String(session.EncryptionKey!.Value), RSAEncryptionPadding.OaepSHA1);
    }

    /// <summary>Decrypts a message and remembers it as the last one seen.</summary>
    public TaskAgentMessage Open(TaskAgentMessage message)
    {
        LastMessageId = message.MessageId;
        return message with { Body = Decrypt(message) };
    }

    public async Task ReopenAsync() => Session = await OpenSessionAsync();

    public Task CloseSessionAsync() =>
        SendAsync(HttpMethod.Delete, $"_apis/distributedtask/pools/1/sessions/{Session!.SessionId}", body: null);

    /// <summary>Polls once; null when the poll ended empty.</summary>
    public async Task<TaskAgentMessage?> PollAsync()
    {
        var after = LastMessageId == 0 ? "" : $"&lastMessageId={LastMessageId}";
        using var response = await SendAsync(HttpMethod.Get,
            $"_apis/distributedtask/pools/1/messages?sessionId={Session!.SessionId}{after}", body: null);
        if (response.StatusCode == HttpStatusCode.NoContent)
        {
            return null;
        }

        return Open((await response.Content.ReadFromJsonAsync<TaskAgentMessage>())!);
    }

    public Task DeleteMessageAsync(long messageId) =>
        SendAsync(HttpMethod.Delete, $"_apis/distributedtask/pools/1/messages/{messageId}?sessionId={Session!.SessionId}", body: null);

    /// <summary>The job that a message hands out.</summary>
    public AgentJobRequestMessage Job(TaskAgentMessage message) =>
        JsonSerializer.Deserialize(message.Body, ProtocolJson.Default.AgentJobRequestMessage)!;

    /// <summary>Polls for a job, takes it and renews once, as an agent does.</summary>
    public async Task<ScriptedJob> TakeJobAsync()
    {
        var message = await PollAsync();
        Assert.Equal(TaskAgentMessage.JobRequest, message?.MessageType);
        var job = new ScriptedJob(this, Job(message!));
        await job.RenewAsync();
        await DeleteMessageAsync(message!.MessageId);
        return job;
    }

    public async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, bool asOwner = false, string? bearerToken = null)
    {
        using var response = await SendAsync(method, path, body, asOwner, bearerToken);
        return (await response.Content.ReadFromJsonAsync<T>())!;
    }

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, object? body, bool asOwner = false, string? bearerToken = null)
    {
        var response = await TrySendAsync(method, path, body, asOwner, bearerToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException(
                $"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}",
                inner: null,
                response.StatusCode);
        }

        return response;
    }

    public async Task<HttpResponseMessage> TrySendAsync(
        HttpMethod method, string path, object? body, bool asOwner = false, string? bearerToken = null)
    {
        using var request = new HttpRequestMessage(method, $"{_organization}/{path}");
        request.Headers.Accept.ParseAdd("application/json; api-version=5.1-preview.1");
        request.Headers.Authorization = asOwner
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"VstsAgent:{_token}")))
            : new AuthenticationHeaderValue("Bearer", bearerToken ?? Bearer);
        request.Content = body switch
        {
            null => null,
            byte[] bytes => new ByteArrayContent(bytes),
            _ => new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
        };
        return await _http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Asks for a token with a signed assertion, its claims changed by a test that wants it refused.</summary>
    public async Task<HttpResponseMessage> AskForTokenAsync(Action<JsonObject>? change = null, RSA? otherKey = null)
    {
        var now = _clock.GetUtcNow();
        var claims = new JsonObject
        {
            ["sub"] = Registration!.Authorization!.ClientId.ToString(),
            ["iss"] = Registration.Authorization.ClientId.ToString(),
            ["jti"] = Guid.NewGuid().ToString(),
            ["aud"] = Registration.Authorization.AuthorizationUrl,
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
        };
        change?.Invoke(claims);
        var unsigned = $"{Encode("{\"typ\":\"JWT\",\"alg\":\"RS256\"}"u8)}.{Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        var signature = (otherKey ?? _key).SignData(Encoding.ASCII.GetBytes(unsigned), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ["client_assertion"] = $"{unsigned}.{Encode(signature)}",
        });
        return await _http.PostAsync(Registration.Authorization.AuthorizationUrl, form, TestContext.Current.CancellationToken);
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    /// <summary>Fetches a token as an agent does when it was refused.</summary>
    public async Task<string> RenewBearerAsync()
    {
        using var response = await AskForTokenAsync();
        response.EnsureSuccessStatusCode();
        return Bearer = (await response.Content.ReadFromJsonAsync<OAuthToken>())!.AccessToken;
    }

    private object Description()
    {
        var parameters = _key.ExportParameters(includePrivateParameters: false);
        return new
        {
            id = 0,
            name = Name,
            version = "4.0.0",
            osDescription = "Linux",
            status = 0,
            maxParallelism = 1,
            createdOn = "0001-01-01T00:00:00",
            systemCapabilities = Capabilities,
            authorization = new
            {
                publicKey = new { exponent = Convert.ToBase64String(parameters.Exponent!), modulus = Modulus },
            },
        };
    }

    private string Decrypt(TaskAgentMessage message)
    {
        using var aes = Aes.Create();
        aes.Key = _sessionKey;
        return Encoding.UTF8.GetString(aes.DecryptCbc(Convert.FromBase64String(message.Body), Convert.FromBase64String(message.Iv!)));
    }
}
