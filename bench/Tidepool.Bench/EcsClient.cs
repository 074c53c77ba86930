using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Tidepool.Bench;

/// <summary>Asks an ECS API over a few connections that stay open. Its requests look as if they were signed; neither server checks.</summary>
internal sealed class EcsClient(Uri url, int connections) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = connections, UseProxy = false, UseCookies = false }) { BaseAddress = url };

    public async Task<JsonObject> AskAsync(string operation, JsonObject body, CancellationToken ct) =>
        JsonNode.Parse(await SendAsync(operation, Encoding.UTF8.GetBytes(body.ToJsonString()), ct))!.AsObject();

    /// <summary>Sends one request again and again over all connections at once.</summary>
    /// <returns>Requests a second, and the time of each.</returns>
    public async Task<(double Rate, IReadOnlyList<double> Milliseconds)> RepeatAsync(string operation, JsonObject body, int times, CancellationToken ct)
    {
        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        var took = new double[times];
        var next = -1;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(SendSomeAsync, ct)));
        return (times / Stopwatch.GetElapsedTime(began).TotalSeconds, took);

        async Task SendSomeAsync()
        {
            for (int mine; (mine = Interlocked.Increment(ref next)) < times;)
            {
                var sent = Stopwatch.GetTimestamp();
                await SendAsync(operation, bytes, ct);
                took[mine] = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<byte[]> SendAsync(string operation, byte[] body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/x-amz-json-1.1");
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "AWS4-HMAC-SHA256", "Credential=local/20250101/us-east-1/ecs/aws4_request, SignedHeaders=host;x-amz-date, Signature=0");
        request.Headers.Add("X-Amz-Target", $"AmazonEC2ContainerServiceV20141113.{operation}");
        using var answer = await _http.SendAsync(request, ct);
        var read = await answer.Content.ReadAsByteArrayAsync(ct);
        return answer.IsSuccessStatusCode ? read : throw new InvalidOperationException($"{operation} at {url}: {Encoding.UTF8.GetString(read)}");
    }
}
