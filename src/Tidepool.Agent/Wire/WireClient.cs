using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Tidepool.Agent.Wire;

/// <summary>Gives the Authorization header; <paramref name="refused"/> says that the one given before was not accepted.</summary>
internal delegate ValueTask<AuthenticationHeaderValue> Authorize(bool refused, CancellationToken ct);

/// <summary>Calls one organization (or server) with one credential. All clients share one connection pool.</summary>
/// <param name="baseUrl">Without a slash at its end.</param>
internal sealed class WireClient(HttpClient http, string baseUrl, Authorize authorize, TimeProvider clock)
{
    /// <summary>What the released agents ask for; a service that knows only newer versions answers with those.</summary>
    private const string JsonMediaType = "application/json; api-version=5.1-preview.1";
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(60);

    /// <summary>For one file, or one part of it.</summary>
    private static readonly TimeSpan TransferTimeout = TimeSpan.FromMinutes(10);

    public string BaseUrl { get; } = baseUrl;

    public static HttpClient MakeHttp() => new(new SocketsHttpHandler
    {
        AutomaticDecompression = DecompressionMethods.All,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>A client for what ECS serves inside of the task, which no proxy reaches.</summary>
    public static HttpClient MakeLocalHttp() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public Task<T?> GetAsync<T>(string path, JsonTypeInfo<T> answer, CancellationToken ct) =>
        SendAsync(HttpMethod.Get, path, null, answer, CallTimeout, ct);

    /// <summary>A GET that the service holds open until it has something to say.</summary>
    public Task<T?> PollAsync<T>(string path, JsonTypeInfo<T> answer, TimeSpan timeout, CancellationToken ct) =>
        SendAsync(HttpMethod.Get, path, null, answer, timeout, ct);

    public Task<T?> SendAsync<TBody, T>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<T> answer, CancellationToken ct) =>
        SendAsync(method, path, Json(body, bodyType), answer, CallTimeout, ct);

    public Task SendAsync<TBody>(HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, CancellationToken ct) =>
        SendAsync<object>(method, path, Json(body, bodyType), null, CallTimeout, ct);

    public Task DeleteAsync(string path, CancellationToken ct) =>
        SendAsync<object>(HttpMethod.Delete, path, null, null, CallTimeout, ct);

    public Task PostBytesAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken ct) =>
        SendAsync<object>(HttpMethod.Post, path, new Payload(bytes, "application/octet-stream"), null, CallTimeout, ct);

    /// <summary>Sends a file or a part of one, with the headers that say which; answers the status.</summary>
    /// <param name="headers">Content-Range, Content-Encoding and others of the content.</param>
    public Task PutBytesAsync(
        string path, ReadOnlyMemory<byte> bytes, IReadOnlyDictionary<string, string> headers, CancellationToken ct) =>
        SendAsync<object>(HttpMethod.Put, path, new Payload(bytes, "application/octet-stream") { Headers = headers }, null, TransferTimeout, ct);

    /// <summary>Gets something that is not JSON, of any size; a download that fails in the middle throws an <see cref="HttpRequestException"/>.</summary>
    public async Task DownloadAsync(string path, string mediaType, Stream target, CancellationToken ct)
    {
        using var limited = new CancellationTokenSource(TransferTimeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limited.Token);
        try
        {
            using var response = await AskAsync(
                HttpMethod.Get, path, null, $"{mediaType}; api-version=5.1-preview.1", HttpCompletionOption.ResponseHeadersRead, linked.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw await WireException.OfAsync(response, $"GET {WithoutQuery(path)}", linked.Token);
            }
            await response.Content.CopyToAsync(target, linked.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new HttpRequestException($"GET {WithoutQuery(path)} did not end within {TransferTimeout.TotalMinutes:0} min.");
        }
        catch (HttpIOException e)
        {
            throw new HttpRequestException($"GET {WithoutQuery(path)} broke off.", e);
        }
    }

    private static Payload Json<TBody>(TBody body, JsonTypeInfo<TBody> type) =>
        new(JsonSerializer.SerializeToUtf8Bytes(body, type), "application/json; charset=utf-8; api-version=5.1-preview.1");

    private async Task<T?> SendAsync<T>(
        HttpMethod method, string path, Payload? body, JsonTypeInfo<T>? answer, TimeSpan timeout, CancellationToken ct)
    {
        using var limited = new CancellationTokenSource(timeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limited.Token);
        try
        {
            var response = await AskAsync(method, path, body, JsonMediaType, HttpCompletionOption.ResponseContentRead, linked.Token);
            using (response)
            {
                if (!response.IsSuccessStatusCode)
                {
                    throw await WireException.OfAsync(response, $"{method} {WithoutQuery(path)}", linked.Token);
                }
                var bytes = answer is null ? [] : await response.Content.ReadAsByteArrayAsync(linked.Token);
                return answer is null || bytes.Length == 0 ? default : JsonSerializer.Deserialize(bytes, answer);
            }
        }
        catch (OperationCanceledException) when (limited.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new HttpRequestException($"{method} {WithoutQuery(path)} was not answered within {timeout.TotalSeconds:0} s.");
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException && !ct.IsCancellationRequested)
        {
            // The handler's ConnectTimeout comes as if somebody had canceled.
            throw new HttpRequestException($"{BaseUrl} took no connection.", e);
        }
        catch (JsonException e)
        {
            throw new HttpRequestException($"{method} {WithoutQuery(path)} was answered with something else than JSON: {e.Message}");
        }
    }

    private async Task<HttpResponseMessage> AskAsync(
        HttpMethod method, string path, Payload? body, string accept, HttpCompletionOption until, CancellationToken ct)
    {
        var response = await TrySendAsync(method, path, body, accept, until, refused: false, ct);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            response.Dispose();
            response = await TrySendAsync(method, path, body, accept, until, refused: true, ct);
        }
        return response;
    }

    private async Task<HttpResponseMessage> TrySendAsync(
        HttpMethod method, string path, Payload? body, string accept, HttpCompletionOption until, bool refused, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, $"{BaseUrl}/{path}");
        request.Headers.Authorization = await authorize(refused, ct);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.TryAddWithoutValidation("X-TFS-FedAuthRedirect", "Suppress");
        request.Headers.TryAddWithoutValidation("User-Agent", $"tidepool-agent/{AgentVersion.Product}");
        if (body is not null)
        {
            request.Content = new ReadOnlyMemoryContent(body.Bytes);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", body.MediaType);
            foreach (var (name, value) in body.Headers)
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }
        return await http.SendAsync(request, until, ct);
    }

    private static string WithoutQuery(string path) => path.Split('?')[0];

    private sealed record Payload(ReadOnlyMemory<byte> Bytes, string MediaType)
    {
        public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
    }
}
