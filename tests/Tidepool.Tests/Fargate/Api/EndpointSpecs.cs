using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tidepool.Fargate.Api;

namespace Tidepool.Tests.Fargate.Api;

public sealed class EndpointSpecs
{
    [Fact]
    public async Task An_unknown_operation_is_refused_and_noted()
    {
        await using var rig = await EcsRig.StartAsync();
        Assert.Equal("UnknownOperationException: The operation DrainTide is not known.", await rig.RefusedAsync("DrainTide", "{}"));
        Assert.Equal(["An ECS operation DrainTide was asked for, which is not known."], rig.Notices);
    }

    [Theory]
    [InlineData("ExecuteCommand")]
    [InlineData("StartTask")]
    [InlineData("CreateTaskSet")]
    public async Task An_operation_that_only_AWS_offers_is_refused_by_name_and_noted(string operation)
    {
        await using var rig = await EcsRig.StartAsync();
        Assert.Equal($"ClientException: The local Fargate does not offer {operation}.", await rig.RefusedAsync(operation, """{"cluster":"c"}"""));
        Assert.Equal([$"ECS operation {operation} was asked for, which the local Fargate does not offer."], rig.Notices);
    }

    [Fact]
    public async Task A_member_that_nothing_here_knows_is_left_out_and_noted_once()
    {
        await using var rig = await EcsRig.StartAsync();
        const string Request = """{"clusterName":"tide","moonPhase":{"full":true},"tags":[{"key":"a","value":"b","colour":1}]}""";
        await rig.AskAsync("CreateCluster", Request);
        await rig.AskAsync("CreateCluster", Request);
        Assert.Equal(
            [
                "A request holds moonPhase, which the local Fargate does not know and left out.",
                "A request holds tags[0].colour, which the local Fargate does not know and left out.",
            ],
            rig.Notices);
    }

    [Theory]
    [InlineData("""{"clusterName":7}""", "SerializationException: NUMBER_VALUE can not be converted to a String (clusterName)")]
    [InlineData("""{"tags":{"key":"a"}}""", "SerializationException: START_OBJECT can not be converted to a List (tags)")]
    [InlineData("""{"tags":["a"]}""", "SerializationException: STRING_VALUE can not be converted to a Structure (tags[0])")]
    [InlineData("""{"tags":[null]}""", "SerializationException: NULL_VALUE can not be converted to a Structure (tags[0])")]
    [InlineData(
        """{"defaultCapacityProviderStrategy":[{"capacityProvider":"FARGATE","weight":"1"}]}""",
        "SerializationException: STRING_VALUE can not be converted to an Integer (defaultCapacityProviderStrategy[0].weight)")]
    [InlineData("[]", "SerializationException: The request's body is not a JSON object.")]
    public async Task A_member_of_another_type_is_refused_with_its_place(string body, string refusal)
    {
        await using var rig = await EcsRig.StartAsync();
        Assert.Equal(refusal, await rig.RefusedAsync("CreateCluster", body));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"clusterName":"a","clusterName":"b"}""")]
    [InlineData("\u0000")]
    public async Task A_body_that_is_not_JSON_is_refused(string body)
    {
        await using var rig = await EcsRig.StartAsync();
        Assert.StartsWith("SerializationException: The request's body is not JSON: ", await rig.RefusedAsync("CreateCluster", body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_too_long_or_too_deep_is_refused_and_the_endpoint_goes_on()
    {
        await using var rig = await EcsRig.StartAsync();
        Assert.Equal(
            "ClientException: The request is longer than 1048576 bytes.",
            await rig.RefusedAsync("CreateCluster", $$"""{"clusterName":"{{new string('a', 2_000_000)}}"}"""));
        Assert.StartsWith(
            "SerializationException: ",
            await rig.RefusedAsync("CreateCluster", new StringBuilder().Insert(0, "{\"a\":", 1000).Append('1').Append('}', 1000).ToString()),
            StringComparison.Ordinal);
        await rig.AskAsync("CreateCluster", "{}");
    }

    [Fact]
    public async Task A_missing_member_is_refused()
    {
        await using var rig = await EcsRig.StartAsync();
        Assert.StartsWith("InvalidParameterException: A required member is missing", await rig.RefusedAsync("DeleteCluster", "{}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_target_the_scope_says_that_a_request_is_for_ECS()
    {
        await using var rig = await EcsRig.StartAsync();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, rig.Endpoint.Url) { Content = new StringContent("{}") };
        request.Headers.TryAddWithoutValidation("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/ecs/aws4_request, Signature=0");
        using var answer = await http.SendAsync(request, FargateRig.Ct);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(
            "UnknownOperationException", (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync(FargateRig.Ct))!["__type"]);
        Assert.Equal("UnknownOperationException", Assert.Single(answer.Headers.GetValues("x-amzn-ErrorType")));
    }

    [Fact]
    public async Task A_web_page_is_not_answered()
    {
        await using var rig = await EcsRig.StartAsync();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, rig.Endpoint.Url) { Content = new StringContent("{}") };
        request.Headers.Add("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListClusters");
        request.Headers.Add("Origin", "https://example.org");
        using var answer = await http.SendAsync(request, FargateRig.Ct);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(
            """{"__type":"AccessDeniedException","message":"The local Fargate does not answer web pages."}""",
            await answer.Content.ReadAsStringAsync(FargateRig.Ct));
    }

    [Fact]
    public async Task A_port_in_use_is_one_clear_error()
    {
        await using var rig = await EcsRig.StartAsync();
        var refused = await Assert.ThrowsAsync<ProblemException>(
            () => EcsEndpoint.StartAsync(rig.Rig.Fargate, new() { Port = rig.Endpoint.Url.Port }, FargateRig.Ct));
        Assert.Equal(
            $"SERVE001: The ECS endpoint cannot listen on 127.0.0.1:{rig.Endpoint.Url.Port}: the port is in use. "
                + "Stop what uses the port, or choose another one with --ecs-port; port 0 takes any that is free.",
            refused.Message);
    }
}
