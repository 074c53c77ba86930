using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Wire;

/// <summary>How a job proves itself.</summary>
internal static class Credentials
{
    /// <summary>A job's access token: reports that job.</summary>
    public static Authorize AccessToken(string token)
    {
        var header = new AuthenticationHeaderValue("Bearer", token);
        return (_, _) => ValueTask.FromResult(header);
    }
}

/// <summary>The agent's own access tokens, got with its key and renewed when one is refused.</summary>
internal sealed class AgentTokens(
    HttpClient http, AgentIdentity identity, string tokenUrl, TaskAgentAuthorization authorization, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private AuthenticationHeaderValue? _current;

    /// <summary>Called with each new token, so that it can be masked.</summary>
    public Action<string> OnNewToken { get; init; } = _ => { };

    public async ValueTask<AuthenticationHeaderValue> AuthorizeAsync(bool refused, CancellationToken ct)
    {
        var seen = _current;
        if (seen is not null && !refused)
        {
            return seen;
        }
        await _oneAtATime.WaitAsync(ct);
        try
        {
            // Another call may have renewed it meanwhile.
            if (_current is null || ReferenceEquals(_current, seen))
            {
                _current = new("Bearer", await RequestAsync(ct));
            }
            return _current;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public void Dispose() => _oneAtATime.Dispose();

    private async Task<string> RequestAsync(CancellationToken ct)
    {
        // The audience is the URL as the service gave it, even where the call goes to another host name.
        var assertion = identity.Assert(authorization.ClientId!.Value, authorization.AuthorizationUrl!, clock.GetUtcNow());
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"),
            new("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            new("client_assertion", assertion),
        ]);
        using var response = await http.PostAsync(tokenUrl, form, ct);
        if (!response.IsSuccessStatusCode)
        {
            throw await WireException.OfAsync(response, "The request for an access token", ct, isKeyRefused: response.StatusCode == HttpStatusCode.BadRequest);
        }
        var token = JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(ct), ProtocolJson.Default.OAuthToken);
        OnNewToken(token!.AccessToken);
        return token.AccessToken;
    }
}
