using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Tidepool.Agent.Wire;

namespace Tidepool.Agent.Token;

/// <summary>Access tokens of a service principal for Azure DevOps, by the client credentials grant, renewed before they end.</summary>
/// <remarks>
/// A plain HttpClient speaks to Microsoft Entra. Microsoft's own library (MSAL, under Azure.Identity) would bring caches for users,
/// brokers and reflection into a binary that is compiled ahead of time and starts in milliseconds; this one grant is one form and one
/// answer. Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow and, for the scope,
/// https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/service-principal-managed-identity
/// </remarks>
internal sealed partial class ServicePrincipalTokens : TokenSource
{
    /// <summary>Azure DevOps, whatever the organization.</summary>
    public const string Scope = "499b84ac-1321-427f-aa17-267ca6975798/.default";

    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RenewEarlier = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RenewAgainAfter = TimeSpan.FromSeconds(30);

    private readonly TokenSettings.ServicePrincipal _principal;
    private readonly string _clientSecret;
    private readonly HttpClient _http;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private AccessToken? _current;

    public ServicePrincipalTokens(TokenSettings.ServicePrincipal principal, string clientSecret, HttpClient http, TimeProvider clock)
    {
        (_principal, _clientSecret, _http, _clock) = (principal, clientSecret, http, clock);
        Learn(clientSecret);
    }

    public override string MendWhenRefused =>
        $"Add the service principal {_principal.ClientId} to the organization, and make it an administrator of the agent pool.";

    public override void Dispose() => _oneAtATime.Dispose();

    protected override async ValueTask<string> TokenAsync(bool refused, CancellationToken ct)
    {
        var seen = _current;
        if (seen is not null && !refused && _clock.GetUtcNow() < seen.RenewAt)
        {
            return seen.Token;
        }
        await _oneAtATime.WaitAsync(ct);
        try
        {
            // Another call may have renewed it meanwhile.
            if (_current is null || ReferenceEquals(_current, seen))
            {
                await RenewAsync(seen is not null && !refused && _clock.GetUtcNow() < seen.EndsAt ? seen : null, ct);
            }
            return _current!.Token;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <param name="fallback">What is still good where no new one comes; null when nothing is.</param>
    private async Task RenewAsync(AccessToken? fallback, CancellationToken ct)
    {
        try
        {
            _current = await Retry.RunAsync(RequestAsync, fallback is null ? StartLimit : TimeSpan.Zero, _clock, ct);
        }
        catch (Exception e) when (fallback is not null && (e is AgentException || Retry.IsTransient(e)))
        {
            AgentLog.Warning($"The access token could not be renewed yet; the one in use ends at {fallback.EndsAt.UtcDateTime:HH:mm:ss} UTC: {e.Message}");
            _current = fallback with { RenewAt = _clock.GetUtcNow() + RenewAgainAfter };
        }
        catch (Exception e) when (Retry.IsTransient(e))
        {
            throw new AgentException(
                "AGENT023",
                $"{_principal.AuthorityHost} could not be reached for {StartLimit.TotalSeconds:0} s: {e.Message.TrimEnd('.')}.",
                "Check AZP_AUTHORITY_HOST, the network and the proxy settings.");
        }
    }

    private async Task<AccessToken> RequestAsync(CancellationToken ct)
    {
        using var limited = new CancellationTokenSource(CallLimit, _clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limited.Token);
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"),
            new("client_id", _principal.ClientId),
            new("client_secret", _clientSecret),
            new("scope", Scope),
        ]);
        var requestedAt = _clock.GetUtcNow();
        try
        {
            using var response = await _http.PostAsync($"{_principal.AuthorityHost}/{_principal.TenantId}/oauth2/v2.0/token", form, linked.Token);
            var body = await response.Content.ReadAsByteArrayAsync(linked.Token);
            return response.IsSuccessStatusCode ? Accept(body, requestedAt)
                : response.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError
                ? throw new HttpRequestException($"the request for an access token was answered {(int)response.StatusCode}")
                : throw Explain(response.StatusCode, body);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new HttpRequestException($"the request for an access token was not answered within {CallLimit.TotalSeconds:0} s");
        }
    }

    private AccessToken Accept(byte[] body, DateTimeOffset requestedAt)
    {
        if (Read(body, EntraJson.Default.EntraToken) is not { AccessToken: { Length: > 0 } token, ExpiresIn: > 0 } answer)
        {
            throw new AgentException(
                "AGENT023",
                $"{_principal.AuthorityHost} answered the request for an access token with something else than a token.",
                "Check AZP_AUTHORITY_HOST, and what stands between it and the container.");
        }
        Learn(token);
        var life = TimeSpan.FromSeconds(answer.ExpiresIn);
        return new(token, requestedAt + life, requestedAt + (life > 2 * RenewEarlier ? life - RenewEarlier : life / 2));
    }

    private AgentException Explain(HttpStatusCode status, byte[] body)
    {
        var refusal = Read(body, EntraJson.Default.EntraRefusal);

        // What follows are ids for Microsoft's support, on lines of their own; they are no use here.
        var text = (refusal?.Description ?? refusal?.Error ?? $"status {(int)status}").Split(["\r", "\n", " Trace ID:"], StringSplitOptions.None)[0]
            .Replace(_clientSecret, "***", StringComparison.Ordinal).Trim().TrimEnd('.');
        return new(
            "AGENT022",
            $"Microsoft Entra refused the service principal {_principal.ClientId} of tenant {_principal.TenantId}: {text}.",
            MendOf(Code().Match(text).Groups["code"].Value));
    }

    /// <remarks>Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes</remarks>
    private static string MendOf(string code) => code switch
    {
        "7000215" => "Set AZP_CLIENT_SECRET to the secret's value, not to its id.",
        "7000222" => "Make a new client secret for the application and set AZP_CLIENT_SECRET to its value; this one has expired.",
        "700016" => "Set AZP_CLIENT_ID to the id of an application of the tenant in AZP_TENANT_ID.",
        "90002" or "900023" => "Set AZP_TENANT_ID to the tenant's id or one of its domains.",
        "7000112" => "Enable the application in the tenant.",
        "500011" or "650052" => "Connect the organization to this tenant, so that the tenant knows Azure DevOps.",
        "53003" => "Let the tenant's administrator allow this sign-in in Conditional Access.",
        "" => "Check AZP_CLIENT_ID, AZP_TENANT_ID and AZP_CLIENT_SECRET.",
        _ => $"Look it up: https://login.microsoftonline.com/error?code={code}",
    };

    private static T? Read<T>(byte[] body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (JsonException)
        {
            // A proxy's page.
            return null;
        }
    }

    [GeneratedRegex("AADSTS(?<code>[0-9]+)")]
    private static partial Regex Code();

    /// <summary>Never written anywhere: a record's own text would show the token.</summary>
    private sealed record AccessToken(string Token, DateTimeOffset EndsAt, DateTimeOffset RenewAt)
    {
        public override string ToString() => "***";
    }
}

/// <summary>The answer of Microsoft Entra's token endpoint.</summary>
internal sealed class EntraToken
{
    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }

    /// <summary>Seconds.</summary>
    [JsonPropertyName("expires_in")]
    public int ExpiresIn { get; init; }
}

/// <summary>Its refusal.</summary>
internal sealed class EntraRefusal
{
    [JsonPropertyName("error")]
    public string? Error { get; init; }

    /// <summary><c>AADSTS7000215: Invalid client secret provided. …</c></summary>
    [JsonPropertyName("error_description")]
    public string? Description { get; init; }
}

[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(EntraToken))]
[JsonSerializable(typeof(EntraRefusal))]
internal sealed partial class EntraJson : JsonSerializerContext;
