using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tidepool.Deployment.Aws;

namespace Tidepool.Deployment.Tests.Aws;

/// <summary>Every request is signed as AWS computes signatures; the sums are done here anew, with nothing of the SDK.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html</remarks>
public sealed class SignatureSpecs
{
    private const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData("a-session-token")]
    public async Task A_request_is_signed_over_what_is_sent(string? session)
    {
        await using var aws = await StandIn.StartAsync(200, "application/x-amz-json-1.1", "{}");
        var environment = new Dictionary<string, string>
        {
            ["AWS_ENDPOINT_URL"] = aws.Url.AbsoluteUri,
            ["AWS_ACCESS_KEY_ID"] = "AKIDEXAMPLE",
            ["AWS_SECRET_ACCESS_KEY"] = Secret,
            ["AWS_SESSION_TOKEN"] = session ?? "",
        };
        using var connection = await AwsConnection.OpenAsync(new() { Region = "eu-central-1", Environment = environment }, TimeProvider.System, Ct);
        await new EcsClient(connection).DescribeClusterAsync("caf\u00e9", Ct);

        var asked = Assert.Single(aws.Requests);
        var date = asked.Headers["X-Amz-Date"];
        string[] names = session is null
            ? ["content-type", "host", "x-amz-date", "x-amz-target"]
            : ["content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"];
        Assert.Equal(session, asked.Headers.GetValueOrDefault("X-Amz-Security-Token"));
        var canonical = $"POST\n/\n\n{string.Concat(names.Select(name => $"{name}:{asked.Headers[name]}\n"))}\n{string.Join(';', names)}\n{Hash(asked.Body)}";
        var scope = $"{date[..8]}/eu-central-1/ecs/aws4_request";
        var key = new[] { date[..8], "eu-central-1", "ecs", "aws4_request" }.Aggregate(
            Encoding.UTF8.GetBytes($"AWS4{Secret}"), (key, part) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part)));
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Hash(canonical)}")));

        Assert.Equal(
            $"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={string.Join(';', names)}, Signature={signature}",
            asked.Headers["Authorization"]);
        var at = DateTimeOffset.ParseExact(date, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        Assert.InRange(TimeProvider.System.GetUtcNow() - at, TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(1));
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
