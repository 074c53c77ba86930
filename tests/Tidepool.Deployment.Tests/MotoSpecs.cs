namespace Tidepool.Deployment.Tests;

/// <summary>The emulator itself: it answers behind its front.</summary>
public sealed class MotoSpecs(Moto moto) : IClassFixture<Moto>
{
    [Fact]
    public async Task It_answers_and_the_call_is_noted()
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, moto.Endpoint)
        {
            Content = new StringContent("Action=GetCallerIdentity&Version=2011-06-15", null, "application/x-www-form-urlencoded"),
        };
        request.Headers.TryAddWithoutValidation(
            "Authorization", "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0");

        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Contains("<Account>", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("sts:GetCallerIdentity", moto.Actions);
    }
}
