using Microsoft.AspNetCore.Http;
using Tidepool.Deployment.Aws;

namespace Tidepool.Deployment.Tests.Aws;

/// <summary>What AWS refuses, in its own words, from a server that says them.</summary>
public sealed class AwsFaultSpecs
{
    private const string Json = "application/x-amz-json-1.1";
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(
        "ExpiredTokenException",
        "The security token included in the request is expired",
        "AWS003: AWS answered ECS DescribeClusters in eu-central-1 with ExpiredTokenException: The security token included in the request is expired. "
            + "Sign in again ('aws sso login', or new keys), then repeat the command.")]
    [InlineData(
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
        "AWS004: AWS answered ECS DescribeClusters in eu-central-1 with UnrecognizedClientException: The security token included in the request is invalid. "
            + "Check the access key, and that it is of the partition (aws, aws-cn, aws-us-gov) of the region.")]
    [InlineData(
        "InvalidSignatureException",
        "Signature expired: 20261124T000000Z is now earlier than 20261124T090000Z",
        "AWS004: AWS answered ECS DescribeClusters in eu-central-1 with InvalidSignatureException: Signature expired: 20261124T000000Z is now earlier than 20261124T090000Z. "
            + "Check that the secret key belongs to the access key, and that this machine's clock is right.")]
    [InlineData(
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/me is not authorized to perform: ecs:DescribeClusters on resource: * because no policy allows it",
        "AWS005: AWS answered ECS DescribeClusters in eu-central-1 with AccessDeniedException: User: arn:aws:iam::123456789012:user/me is not authorized to perform: "
            + "ecs:DescribeClusters on resource: * because no policy allows it. "
            + "Let the identity do ecs:DescribeClusters (docs/deploy.md has the smallest policy), or use another profile.")]
    [InlineData(
        "com.amazonaws.ecs#LimitExceededException",
        "You've reached the limit",
        "AWS009: AWS answered ECS DescribeClusters in eu-central-1 with LimitExceededException: You've reached the limit. "
            + "Ask for a higher quota in the Service Quotas console, or remove what is not needed.")]
    [InlineData(
        "InvalidParameterException",
        "Identifier is for\n eu-west-1.",
        "AWS010: AWS answered ECS DescribeClusters in eu-central-1 with InvalidParameterException: Identifier is for eu-west-1. "
            + "Do what AWS's text says, then repeat the command.")]
    public async Task A_refusal_is_told_in_AWSs_words_with_the_mend(string code, string message, string problem)
    {
        var body = System.Text.Json.JsonSerializer.Serialize(new { __type = code, message });
        await using var aws = await StandIn.StartAsync(400, Json, body);
        Assert.Equal(problem, await ProblemAsync(aws.Url));
        Assert.Single(aws.Requests);
    }

    [Fact]
    public async Task A_busy_service_is_asked_again_and_serves_then()
    {
        var tries = 0;
        await using var aws = await StandIn.StartAsync((http, _) => ++tries < 3
            ? StandIn.WriteAsync(http, 400, Json, """{"__type":"ThrottlingException","message":"Rate exceeded"}""")
            : StandIn.WriteAsync(http, 200, Json, """{"clusters":[{"clusterName":"c","clusterArn":"a","status":"ACTIVE","runningTasksCount":3}],"failures":[]}"""));
        using var connection = await ConnectAsync(aws.Url);
        Assert.Equal(3, (await new EcsClient(connection).DescribeClusterAsync("c", Ct))!.RunningTasksCount);
        Assert.Equal(3, tries);
    }

    [Fact]
    public async Task A_service_that_stays_busy_is_told_after_four_tries()
    {
        await using var aws = await StandIn.StartAsync(400, Json, """{"__type":"ThrottlingException","message":"Rate exceeded"}""");
        Assert.Equal(
            "AWS006: AWS answered ECS DescribeClusters in eu-central-1 with ThrottlingException: Rate exceeded. "
                + "Wait a minute and repeat the command; the account's other users of this API count too.",
            await ProblemAsync(aws.Url));
        Assert.Equal(4, aws.Requests.Count);
    }

    [Fact]
    public async Task An_answer_that_is_not_AWSs_is_told()
    {
        await using var proxy = await StandIn.StartAsync(200, "text/html", "<html>");
        Assert.StartsWith(
            $"AWS010: {proxy.Url} answered ECS DescribeClusters with what is not AWS's JSON: ", await ProblemAsync(proxy.Url), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_out_of_reach_is_told()
    {
        var gone = await StandIn.StartAsync(200, Json, "{}");
        var url = gone.Url;
        await gone.DisposeAsync();
        Assert.Equal(
            $"AWS011: {url} (ECS) could not be reached: Connection refused ({url.Authority}). "
                + "Check the network, HTTPS_PROXY and NO_PROXY, and AWS_CA_BUNDLE where a proxy has a certificate of its own.",
            await ProblemAsync(url));
    }

    [Fact]
    public async Task Each_service_can_have_an_endpoint_of_its_own()
    {
        await using var all = await StandIn.StartAsync(200, Json, "{}");
        await using var ecs = await StandIn.StartAsync(200, Json, "{}");
        using var connection = await ConnectAsync(all.Url, ("AWS_ENDPOINT_URL_ECS", $"{ecs.Url}base"));
        await new EcsClient(connection).DescribeClusterAsync("c", Ct);
        await new SecretsClient(connection).DescribeAsync("s", Ct);

        Assert.Equal("POST /base/", Assert.Single(ecs.Requests).Line);
        Assert.Equal("secretsmanager.DescribeSecret", Assert.Single(all.Requests).Headers["X-Amz-Target"]);
    }

    [Theory]
    [InlineData("eu-central-1", "https://ecs.eu-central-1.amazonaws.com/", "https://api.ecr.eu-central-1.amazonaws.com/")]
    [InlineData("cn-north-1", "https://ecs.cn-north-1.amazonaws.com.cn/", "https://api.ecr.cn-north-1.amazonaws.com.cn/")]
    [InlineData("us-gov-west-1", "https://ecs.us-gov-west-1.amazonaws.com/", "https://api.ecr.us-gov-west-1.amazonaws.com/")]
    public async Task Without_one_the_regions_own_endpoint_is_asked(string region, string ecs, string ecr)
    {
        using var connection = await AwsConnection.OpenAsync(new() { Region = region, Environment = Keys() }, TimeProvider.System, Ct);
        Assert.Equal((ecs, ecr), (connection.Endpoint(AwsService.Ecs).AbsoluteUri, connection.Endpoint(AwsService.Ecr).AbsoluteUri));
    }

    [Fact]
    public async Task A_region_an_endpoint_or_a_bundle_that_is_wrong_is_told()
    {
        Assert.Equal("AWS007: No AWS region is set. Set aws_region in terraform/terraform.tfvars, or AWS_REGION.", (await OpenFailsAsync(region: "")).Message);
        Assert.Equal(
            "AWS007: AWS_CA_BUNDLE '/nowhere.pem' cannot be read: Could not find file '/nowhere.pem'. Name a PEM file of certificates, or unset it.",
            (await OpenFailsAsync("eu-central-1", ("AWS_CA_BUNDLE", "/nowhere.pem"))).Message);
        using var connection = await AwsConnection.OpenAsync(
            new() { Region = "eu-central-1", Environment = Keys(("AWS_ENDPOINT_URL", "localhost:5000")) }, TimeProvider.System, Ct);
        Assert.Equal(
            "AWS007: AWS_ENDPOINT_URL is 'localhost:5000', which is no URL. Let it be as in http://127.0.0.1:5000, or unset it.",
            (await Assert.ThrowsAsync<ProblemException>(() => new IdentityClient(connection).GetCallerIdentityAsync(Ct))).Message);
    }

    [Fact]
    public async Task A_profile_that_does_not_exist_is_told()
    {
        var name = $"p{Guid.NewGuid():N}";
        var problem = await Assert.ThrowsAsync<ProblemException>(() =>
            AwsConnection.OpenAsync(new() { Profile = name, Region = "eu-central-1", Environment = Keys() }, TimeProvider.System, Ct));
        Assert.StartsWith($"AWS002: AWS profile '{name}' does not exist; there ", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_of_the_environment_that_does_not_exist_is_told_and_no_other_taken()
    {
        var name = $"p{Guid.NewGuid():N}";
        var problem = await Assert.ThrowsAsync<ProblemException>(() => AwsConnection.OpenAsync(
            new() { Region = "eu-central-1", Environment = new Dictionary<string, string> { ["AWS_PROFILE"] = name } }, TimeProvider.System, Ct));
        Assert.StartsWith($"AWS002: AWS profile '{name}' does not exist; there ", problem.Message, StringComparison.Ordinal);
        Assert.EndsWith(" Correct AWS_PROFILE, or make the profile: 'aws configure sso' or 'aws configure'.", problem.Message, StringComparison.Ordinal);
    }

    private static async Task<string> ProblemAsync(Uri endpoint)
    {
        using var connection = await ConnectAsync(endpoint);
        return (await Assert.ThrowsAsync<ProblemException>(() => new EcsClient(connection).DescribeClusterAsync("c", Ct))).Message;
    }

    private static async Task<ProblemException> OpenFailsAsync(string region, params (string Name, string Value)[] more) =>
        await Assert.ThrowsAsync<ProblemException>(() =>
            AwsConnection.OpenAsync(new() { Region = region, Environment = Keys(more) }, TimeProvider.System, Ct));

    private static Task<AwsConnection> ConnectAsync(Uri endpoint, params (string Name, string Value)[] more) => AwsConnection.OpenAsync(
        new() { Region = "eu-central-1", Environment = Keys([("AWS_ENDPOINT_URL", endpoint.AbsoluteUri), .. more]) }, TimeProvider.System, Ct);

    private static Dictionary<string, string> Keys(params (string Name, string Value)[] more) =>
        new([new("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), new("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), .. more.Select(pair => KeyValuePair.Create(pair.Name, pair.Value))]);
}
