using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Tidepool.Tests.Fargate.Api;

/// <summary>Clients that send too little, too slowly, something else, or too many at once.</summary>
public sealed class ConnectionSpecs
{
    private const string Target = "AmazonEC2ContainerServiceV20141113.CreateCluster";

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml; charset=utf-16")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Without_the_right_content_type_the_target_still_says_what_is_asked(string? contentType)
    {
        await using var rig = await EcsRig.StartAsync();
        var (status, answer) = await SendAsync(rig, """{"clusterName":"tide"}"""u8.ToArray(), contentType);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("tide", (string?)answer["cluster"]!["clusterName"]);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}' }, "The request's body is not UTF-8.")]
    [InlineData(new byte[] { 0xfe, 0xff, 0, (byte)'{', 0, (byte)'}' }, "The request's body is not UTF-8.")]
    [InlineData(new byte[] { 0xef, 0xbb, 0xbf, (byte)'{', (byte)'}' }, "The request's body is not JSON: ")]
    [InlineData(new byte[] { 0x1f, 0x8b, 0x08, 0x00 }, "The request's body is not UTF-8.")]
    [InlineData(new byte[] { (byte)' ' }, "The request's body is not JSON: ")]
    [InlineData(new byte[] { (byte)'n', (byte)'u', (byte)'l', (byte)'l' }, "The request's body is not a JSON object.")]
    public async Task Bytes_that_are_no_JSON_text_are_refused(byte[] body, string refusal)
    {
        await using var rig = await EcsRig.StartAsync();
        var (status, answer) = await SendAsync(rig, body, "application/x-amz-json-1.1");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("SerializationException", (string?)answer["__type"]);
        Assert.StartsWith(refusal, (string?)answer["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_without_an_end_is_refused_at_the_limit()
    {
        await using var rig = await EcsRig.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, rig.Endpoint.Url.Port, FargateRig.Ct);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: {Target}\r\nTransfer-Encoding: chunked\r\n\r\n"), FargateRig.Ct);
        var chunk = Encoding.ASCII.GetBytes($"10000\r\n{new string(' ', 0x10000)}\r\n");
        var answer = ReadAsync(stream);
        try
        {
            for (var sent = 0; sent < 1000; sent++)
            {
                await stream.WriteAsync(chunk, FargateRig.Ct);
            }
        }
        catch (IOException)
        {
            // The endpoint has answered and reads no more.
        }

        Assert.Contains("The request is longer than 1048576 bytes.", await answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_that_never_finish_their_requests_keep_nobody_else_waiting()
    {
        await using var rig = await EcsRig.StartAsync();
        var idle = new List<TcpClient>();
        try
        {
            for (var number = 0; number < 300; number++)
            {
                var client = new TcpClient();
                idle.Add(client);
                await client.ConnectAsync(IPAddress.Loopback, rig.Endpoint.Url.Port, FargateRig.Ct);

                // Nothing, half of the headers, or half of a body.
                var begun = (number % 3) switch
                {
                    0 => "",
                    1 => "POST / HTTP/1.1\r\nHost:",
                    _ => $"POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: {Target}\r\nContent-Length: 100\r\n\r\n{{",
                };
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(begun), FargateRig.Ct);
            }

            var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(number => rig.AskAsync("CreateCluster", $$"""{"clusterName":"n{{number}}"}""")));
            Assert.Equal(50, answers.Select(answer => (string)answer["cluster"]!["clusterArn"]!).Distinct().Count());
        }
        finally
        {
            idle.ForEach(client => client.Dispose());
        }

        // Those that broke off made nothing, and no fault.
        Assert.Equal(51, (await rig.AskAsync("ListClusters", "{}"))["clusterArns"]!.AsArray().Count);
        Assert.Empty(rig.Notices);
    }

    [Fact]
    public async Task Requests_that_want_one_name_at_once_make_one_cluster_and_one_service()
    {
        await using var rig = await EcsRig.StartAsync();
        await rig.AskAsync("RegisterTaskDefinition", EcsRig.Definition());
        var clusters = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => rig.AskAsync("CreateCluster", """{"clusterName":"tide"}""")));
        Assert.Single(clusters.Select(answer => (string)answer["cluster"]!["clusterArn"]!).Distinct());
        var services = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => rig.SendAsync(
            "CreateService", $$"""{"cluster":"tide","serviceName":"s","taskDefinition":"f","desiredCount":0,"launchType":"FARGATE","networkConfiguration":{{EcsRig.Network}}}""")));
        Assert.Single(services, answer => answer.Status == HttpStatusCode.OK);
        Assert.All(
            services.Where(answer => answer.Status != HttpStatusCode.OK),
            answer => Assert.Equal("Creation of service was not idempotent.", (string?)JsonNode.Parse(answer.Body)!["message"]));
    }

    private static async Task<(HttpStatusCode Status, JsonNode Answer)> SendAsync(EcsRig rig, byte[] body, string? contentType)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, rig.Endpoint.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        request.Headers.Add("X-Amz-Target", Target);
        using var answer = await http.SendAsync(request, FargateRig.Ct);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(FargateRig.Ct))!);
    }

    private static async Task<string> ReadAsync(NetworkStream stream)
    {
        var (text, buffer) = (new StringBuilder(), new byte[4096]);
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, FargateRig.Ct)) > 0)
            {
                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
                if (text.ToString().Contains("bytes.", StringComparison.Ordinal))
                {
                    break;
                }
            }
        }
        catch (IOException)
        {
            // What came before is the answer.
        }

        return text.ToString();
    }
}
