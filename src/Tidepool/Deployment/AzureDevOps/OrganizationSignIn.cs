using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tidepool.Deployment.Http;

namespace Tidepool.Deployment.AzureDevOps;

/// <summary>The <c>Authorization</c> of each call: Basic for a personal access token, Bearer for what Microsoft Entra gave.</summary>
internal sealed class OrganizationSignIn(OrganizationCredential credential, WireClient wire, TimeProvider clock)
{
    // Azure DevOps as Microsoft Entra knows it, in every tenant.
    // https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/service-principal-managed-identity
    private const string Scope = "499b84ac-1321-427f-aa17-267ca6975798/.default";

    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(5);

    private string? _token;
    private DateTimeOffset _expiresAt;

    public async ValueTask<AuthenticationHeaderValue> HeaderAsync(CancellationToken ct) => credential switch
    {
        OrganizationCredential.Token { IsEntra: true } token => new("Bearer", token.Value.Reveal()),
        OrganizationCredential.Token token => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($":{token.Value.Reveal()}"))),
        OrganizationCredential.ServicePrincipal principal => new("Bearer", await TokenAsync(principal, ct)),
        var other => throw new InvalidOperationException($"Unhandled {other.GetType().Name}."),
    };

    private async ValueTask<string> TokenAsync(OrganizationCredential.ServicePrincipal principal, CancellationToken ct)
    {
        if (_token is not null && clock.GetUtcNow() < _expiresAt - RenewBefore)
        {
            return _token;
        }

        // https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
        var url = new Uri(principal.Authority, $"{Uri.EscapeDataString(principal.TenantId)}/oauth2/v2.0/token");
        WireReply reply;
        try
        {
            reply = await wire.SendAsync(
                _ => ValueTask.FromResult(new HttpRequestMessage(HttpMethod.Post, url)
                {
                    Content = new FormUrlEncodedContent(new Dictionary<string, string>
                    {
                        ["grant_type"] = "client_credentials",
                        ["client_id"] = principal.ClientId,
                        ["client_secret"] = principal.ClientSecret.Reveal(),
                        ["scope"] = Scope,
                    }),
                }),
                ct);
        }
        catch (Exception e) when (OrganizationRefusal.IsNoAnswer(e, ct))
        {
            throw new ProblemException(
                "AZDO005", $"{url} could not be reached: {Reachability.Reason(e)}", "Check the network, HTTPS_PROXY and NO_PROXY, and AZP_AUTHORITY_HOST.");
        }

        var answer = Parse(reply);
        if (!reply.IsSuccess || answer?.AccessToken is not { Length: > 0 } token)
        {
            throw new ProblemException(
                "AZDO008",
                $"{url.Host} gave service principal {principal.ClientId} no token: "
                    + $"{principal.ClientSecret.Mask(answer?.ErrorDescription?.ReplaceLineEndings(" ") ?? $"HTTP {(int)reply.Status}.")}",
                "Check AZP_CLIENT_ID, AZP_TENANT_ID and AZP_CLIENT_SECRET (the secret's value, not its id), and that the secret has not expired.");
        }

        (_token, _expiresAt) = (token, clock.GetUtcNow().AddSeconds(answer.ExpiresIn));
        return token;
    }

    private static TokenAnswer? Parse(WireReply reply)
    {
        try
        {
            return JsonSerializer.Deserialize<TokenAnswer>(reply.Body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record TokenAnswer(
        [property: JsonPropertyName("access_token")] string? AccessToken,
        [property: JsonPropertyName("expires_in")] int ExpiresIn,
        [property: JsonPropertyName("error_description")] string? ErrorDescription);
}
