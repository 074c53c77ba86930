using System.Text;
using System.Text.Json.Nodes;

namespace Tidepool.Deployment.Tests;

/// <summary>The token that registers agents, put as a client puts it: through the ECS endpoint to its upstream's Secrets Manager.</summary>
internal static class ServedToken
{
    public const string Value = "a-token-of-this-test-alone";

    /// <summary>Puts it.</summary>
    /// <param name="endpoint">The ECS endpoint.</param>
    /// <param name="secret">ARN of the secret.</param>
    /// <param name="ct">Ends the wait.</param>
    public static async Task PutAsync(Uri endpoint, string secret, CancellationToken ct)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Content = new StringContent(
                new JsonObject { ["SecretId"] = secret, ["SecretString"] = Value, ["ClientRequestToken"] = $"{Guid.NewGuid():D}" }.ToJsonString(),
                Encoding.UTF8,
                "application/x-amz-json-1.1"),
        };
        request.Headers.Add("X-Amz-Target", "secretsmanager.PutSecretValue");
        request.Headers.TryAddWithoutValidation(
            "Authorization", "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=0");
        using var answer = await http.SendAsync(request, ct);
        answer.EnsureSuccessStatusCode();
    }
}
