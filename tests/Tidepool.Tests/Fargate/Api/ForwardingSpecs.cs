using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tidepool.Tests.Fargate.Api;

public sealed class ForwardingSpecs
{
    private const string Message =
        "SERVE002: The request is for SERVICE, and only ECS is here. "
        + "Start tidepool serve with --upstream URL, where URL is an emulator of AWS such as http://127.0.0.1:5000.";

    [Theory]
    [InlineData("secretsmanager", "secretsmanager.GetSecretValue", "{}", "application/x-amz-json-1.1", """{"__type":"SERVE002","message":"MESSAGE"}""")]
    [InlineData("elasticfilesystem", null, "", null, """{"__type":"SERVE002","message":"MESSAGE"}""")]
    [InlineData(
        "iam", null, "Action=GetRole&Version=2010-05-08", "application/x-www-form-urlencoded",
        "<ErrorResponse><Error><Type>Sender</Type><Code>SERVE002</Code><Message>MESSAGE</Message></Error><RequestId>ID</RequestId></ErrorResponse>")]
    [InlineData(
        "ec2", null, "Action=DescribeVpcs&Version=2016-11-15", "application/x-www-form-urlencoded",
        "<Response><Errors><Error><Code>SERVE002</Code><Message>MESSAGE</Message></Error></Errors><RequestID>ID</RequestID></Response>")]
    [InlineData("s3", null, "", null, "<Error><Code>SERVE002</Code><Message>MESSAGE</Message><RequestId>ID</RequestId></Error>")]
    public async Task Without_an_upstream_a_request_for_another_service_is_told_so_in_the_shape_of_that_service(
        string service, string? target, string body, string? type, string expected)
    {
        await using var rig = await EcsRig.StartAsync();
        using var answer = await SendAsync(rig.Endpoint.Url, service, target, body, type);
        Assert.Equal(HttpStatusCode.NotImplemented, answer.StatusCode);
        Assert.Equal(
            expected
                .Replace("MESSAGE", Message.Replace("SERVICE", service, StringComparison.Ordinal), StringComparison.Ordinal)
                .Replace(">ID<", $">{Assert.Single(answer.Headers.GetValues("x-amzn-RequestId"))}<", StringComparison.Ordinal),
            await answer.Content.ReadAsStringAsync(FargateRig.Ct));
    }

    [Fact]
    public async Task The_aws_command_line_shows_that_an_upstream_is_needed()
    {
        await using var rig = await EcsRig.StartAsync();
        var (code, _, error) = await AwsProcess.RunAsync(rig.Endpoint.Url, "sts", "get-caller-identity");
        Assert.NotEqual(0, code);
        Assert.Contains("(SERVE002)", error, StringComparison.Ordinal);
        Assert.Contains(Message.Replace("SERVICE", "sts", StringComparison.Ordinal), error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_an_upstream_a_request_and_its_answer_pass_as_they_are()
    {
        await using var upstream = await Echo.StartAsync();
        await using var rig = await EcsRig.StartAsync(upstream: upstream.Url);
        using var answer = await SendAsync(rig.Endpoint.Url, "secretsmanager", "secretsmanager.CreateSecret", "{\"Name\":\"a\"}", "application/x-amz-json-1.1", "/some/path?x=1%2F2");
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal("seen", Assert.Single(answer.Headers.GetValues("X-Echo")));
        Assert.Equal(
            $$"""
            POST /some/path?x=1%2F2 Host={{rig.Endpoint.Url.Authority}} X-Amz-Target=secretsmanager.CreateSecret
            Content-Type=application/x-amz-json-1.1
            Authorization=AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/secretsmanager/aws4_request, Signature=0
            {"Name":"a"}
            """,
            await answer.Content.ReadAsStringAsync(FargateRig.Ct));
    }

    [Fact]
    public async Task A_long_body_is_forwarded_whole()
    {
        await using var upstream = await Echo.StartAsync();
        await using var rig = await EcsRig.StartAsync(upstream: upstream.Url);
        var body = new string('w', 40_000_000);
        using var answer = await SendAsync(rig.Endpoint.Url, "s3", null, body, "application/octet-stream");
        Assert.EndsWith(body, await answer.Content.ReadAsStringAsync(FargateRig.Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upstream_that_does_not_answer_is_named()
    {
        Uri url;
        await using (var upstream = await Echo.StartAsync())
        {
            url = upstream.Url;
        }

        await using var rig = await EcsRig.StartAsync(upstream: url);
        using var answer = await SendAsync(rig.Endpoint.Url, "secretsmanager", "secretsmanager.ListSecrets", "{}", "application/x-amz-json-1.1");
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal(
            $$"""{"__type":"SERVE003","message":"SERVE003: The upstream {{url}} could not be asked for secretsmanager (Connection refused). """
                + """Start it, or name another one with --upstream."}""",
            await answer.Content.ReadAsStringAsync(FargateRig.Ct));
        await rig.AskAsync("ListClusters", "{}");
    }

    private static async Task<HttpResponseMessage> SendAsync(Uri url, string service, string? target, string body, string? type, string path = "/")
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, path)) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Headers.TryAddWithoutValidation(
            "Authorization", $"AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/{service}/aws4_request, Signature=0");
        if (type is not null)
        {
            request.Content.Headers.Add("Content-Type", type);
        }

        if (target is not null)
        {
            request.Headers.Add("X-Amz-Target", target);
        }

        return await http.SendAsync(request, FargateRig.Ct);
    }

    /// <summary>A server that answers with what it was asked.</summary>
    private sealed class Echo(WebApplication app) : IAsyncDisposable
    {
        public Uri Url => new(app.Urls.First());

        public static async Task<Echo> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel =>
            {
                kestrel.Listen(IPAddress.Loopback, 0);
                kestrel.Limits.MaxRequestBodySize = null;
            });
            var app = builder.Build();
            app.Run(AnswerAsync);
            await app.StartAsync(FargateRig.Ct);
            return new(app);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private static async Task AnswerAsync(HttpContext context)
        {
            var request = context.Request;
            using var body = new StreamReader(request.Body);
            var text = await body.ReadToEndAsync(context.RequestAborted);
            context.Response.StatusCode = StatusCodes.Status409Conflict;
            context.Response.Headers["X-Echo"] = "seen";
            await context.Response.WriteAsync(
                $"""
                {request.Method} {request.Path}{request.QueryString} Host={request.Host} X-Amz-Target={request.Headers["X-Amz-Target"]}
                Content-Type={request.ContentType}
                Authorization={request.Headers.Authorization}
                {text}
                """,
                context.RequestAborted);
        }
    }
}
