using Tidepool.Deployment.Aws;

namespace Tidepool.Deployment.Tests;

/// <summary>The secret against a real moto_server.</summary>
public sealed class TokenSecretSpecs(Moto moto) : IClassFixture<Moto>
{
    private static readonly Secret One = new("the-first-token-of-this-test");
    private static readonly Secret Two = new("the-second-token-of-this-test");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_is_put_once_and_again_only_after_another_and_is_never_read()
    {
        var options = new AwsOptions { Region = "us-east-1", Environment = moto.Environment.Where(pair => pair.Value is not null).ToDictionary(pair => pair.Key, pair => pair.Value!) };
        using var connection = await AwsConnection.OpenAsync(options, TimeProvider.System, Ct);
        var name = $"n{Guid.NewGuid():n}";
        var arn = (await connection.CallAsync<Created>(AwsService.Secrets, "CreateSecret", new { Name = name }, AwsJson.Pascal, Ct)).ARN;
        var secret = new TokenSecret(new SecretsClient(connection), arn);

        Assert.False(await secret.HoldsAsync(One, Ct));
        Assert.Equal((true, false), (await secret.PutAsync(One, Ct), await secret.PutAsync(One, Ct)));
        Assert.Equal((true, false), (await secret.PutAsync(Two, Ct), await secret.PutAsync(Two, Ct)));
        Assert.Equal((false, true), (await secret.HoldsAsync(One, Ct), await secret.HoldsAsync(Two, Ct)));

        // Back to the first, whose version's id is used up.
        Assert.Equal((true, false), (await secret.PutAsync(One, Ct), await secret.PutAsync(One, Ct)));
        Assert.Equal(One.Reveal(), (await connection.CallAsync<Value>(AwsService.Secrets, "GetSecretValue", new { SecretId = arn }, AwsJson.Pascal, Ct)).SecretString);
        Assert.Single(moto.Actions, action => action.Contains("GetSecretValue", StringComparison.Ordinal));
    }

    private sealed record Created(string ARN);

    private sealed record Value(string SecretString);
}
