using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tidepool.AzurePipelines.Pools;

namespace Tidepool.AzurePipelines.Api;

internal sealed record AssertionHeader(string? Alg);

internal sealed record AssertionClaims(string? Sub, string? Iss, string? Aud, long? Nbf, long? Exp);

/// <summary>Checks the signed claim by which an agent asks for a token: a JWT, RS256 with the key it registered.</summary>
internal static class AgentAssertion
{
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    /// <summary>Finds the agent that signed the assertion.</summary>
    /// <returns>The agent, or why the assertion is refused.</returns>
    public static (RegisteredAgent? Agent, string? Refusal) Check(string assertion, Func<Guid, RegisteredAgent?> find, DateTimeOffset now)
    {
        if (assertion.Split('.') is not [var header, var payload, var signature]
            || Read(header) is not { } headerBytes || Read(payload) is not { } payloadBytes || Read(signature) is not { } signatureBytes)
        {
            return (null, "The client assertion is not a JWT.");
        }

        AssertionClaims? claims;
        try
        {
            if (JsonSerializer.Deserialize(headerBytes, ServiceJson.Default.AssertionHeader)?.Alg != "RS256")
            {
                return (null, "The client assertion is not signed with RS256.");
            }

            claims = JsonSerializer.Deserialize(payloadBytes, ServiceJson.Default.AssertionClaims);
        }
        catch (JsonException)
        {
            return (null, "The client assertion is not a JWT.");
        }

        if (!Guid.TryParse(claims?.Sub, out var clientId) || claims.Iss != claims.Sub || find(clientId) is not { PublicKey: { } key } agent)
        {
            return (null, $"Client {claims?.Sub} is not a registered agent.");
        }

        using var rsa = key.ToRsa();
        var signed = Encoding.ASCII.GetBytes($"{header}.{payload}");
        if (!rsa.VerifyData(signed, signatureBytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
        {
            return (null, "The client assertion is not signed with the agent's key.");
        }

        if (claims.Aud?.TrimEnd('/') != agent.AuthorizationUrl?.TrimEnd('/'))
        {
            return (null, $"The client assertion is for {claims.Aud}, not for {agent.AuthorizationUrl}.");
        }

        // Agents look for the words "Current server time is" to tell a wrong clock from a wrong key.
        return claims.Exp is not { } expiry || DateTimeOffset.FromUnixTimeSeconds(expiry) + Skew < now
            || (claims.Nbf is { } start && DateTimeOffset.FromUnixTimeSeconds(start) - Skew > now)
            ? (null, $"The client assertion is not valid now. Current server time is {now:O}.")
            : (agent, null);
    }

    private static byte[]? Read(string part) => Base64Url.IsValid(part) ? Base64Url.DecodeFromChars(part) : null;
}
