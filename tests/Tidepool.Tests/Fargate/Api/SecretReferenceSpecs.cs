using Tidepool.Fargate.Upstream;

namespace Tidepool.Tests.Fargate.Api;

public sealed class SecretReferenceSpecs
{
    private const string Arn = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:azp-AbCdEf";

    [Theory]
    [InlineData("", null, null, null)]
    [InlineData(":AZP_TOKEN::", "AZP_TOKEN", null, null)]
    [InlineData("::AWSPREVIOUS:", null, "AWSPREVIOUS", null)]
    [InlineData(":::9d4cb84b", null, null, "9d4cb84b")]
    [InlineData(":key::9d4cb84b", "key", null, "9d4cb84b")]
    public void The_ARN_of_a_secret_may_name_a_key_a_stage_and_a_version(string tail, string? key, string? stage, string? version) =>
        Assert.Equal(new SecretReference.Secret(Arn, "eu-west-1", key, stage, version), SecretReference.Parse(Arn + tail));

    [Theory]
    [InlineData("azp-token", "azp-token", null)]
    [InlineData("/tide/azp-token", "/tide/azp-token", null)]
    [InlineData("arn:aws:ssm:eu-west-1:000000000000:parameter/azp-token", "/azp-token", "eu-west-1")]
    [InlineData("arn:aws-cn:ssm:cn-north-1:000000000000:parameter/tide/azp", "/tide/azp", "cn-north-1")]
    public void All_else_is_a_parameter(string valueFrom, string name, string? region) =>
        Assert.Equal(new SecretReference.Parameter(name, region), SecretReference.Parse(valueFrom));
}
