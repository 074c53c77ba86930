using System.Net;
using System.Security.Cryptography.X509Certificates;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Tidepool.Deployment.Http;

/// <summary>Sends requests, and sends them again where the far side is busy or the network fails.</summary>
/// <remarks>
/// Four tries, 0.3 s, 0.6 s, 1.2 s apart on average with jitter; what the far side says in <c>Retry-After</c> goes first, up to 30 s.
/// A try may take 30 s, and 10 s of it until there is a connection; a host that takes none is not asked again. Proxies are those of HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, as .NET reads them.
/// </remarks>
internal sealed class WireClient : IDisposable
{
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TimeoutOfOneTry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly ResiliencePipeline<WireReply> _pipeline;

    /// <param name="isBusy">Whether an answer asks to be asked again, beside 429, 502, 503 and 504.</param>
    /// <param name="timeout">How long one try may take; null for 30 s.</param>
    public WireClient(X509Certificate2Collection? authorities, Func<WireReply, bool> isBusy, TimeProvider clock, TimeSpan? timeout = null)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = ConnectTimeout,
        };
        if (authorities is not null)
        {
            handler.SslOptions.CertificateChainPolicy = new()
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        _http = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _pipeline = new ResiliencePipelineBuilder<WireReply> { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions<WireReply>
            {
                MaxRetryAttempts = 3,
                Delay = TimeSpan.FromSeconds(0.3),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = args => ValueTask.FromResult(args.Outcome switch
                {
                    { Exception: HttpRequestException e } => IsPassing(e),
                    { Exception: TimeoutRejectedException } => true,
                    { Result: { } reply } => IsBusy(reply) || isBusy(reply),
                    _ => false,
                }),
                DelayGenerator = args => ValueTask.FromResult(RetryAfter(args.Outcome.Result, clock)),
            })
            .AddTimeout(timeout ?? TimeoutOfOneTry)
            .Build();
    }

    /// <summary>Sends what <paramref name="request"/> makes, anew for each try.</summary>
    /// <exception cref="HttpRequestException">The far side could not be reached.</exception>
    /// <exception cref="TimeoutRejectedException">It did not answer.</exception>
    public async Task<WireReply> SendAsync(Func<CancellationToken, ValueTask<HttpRequestMessage>> request, CancellationToken ct) =>
        await _pipeline.ExecuteAsync(
            async attempt =>
            {
                using var message = await request(attempt);
                using var response = await ConnectedAsync(message, attempt);
                return new WireReply(
                    response.StatusCode, response.Headers, response.Content.Headers.ContentType, await response.Content.ReadAsByteArrayAsync(attempt));
            },
            ct);

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> ConnectedAsync(HttpRequestMessage message, CancellationToken attempt)
    {
        try
        {
            return await _http.SendAsync(message, attempt);
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException late && !attempt.IsCancellationRequested)
        {
            // The handler says it as if somebody had canceled.
            throw new HttpRequestException(HttpRequestError.ConnectionError, $"no connection within {ConnectTimeout.TotalSeconds:0} s", late);
        }
    }

    private static bool IsBusy(WireReply reply) => reply.Status
        is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    // A name that does not resolve, a certificate that is not trusted, or a wall that swallows packets, will be so in a second too.
    private static bool IsPassing(HttpRequestException e) =>
        e.InnerException is not TimeoutException
        && e.HttpRequestError is not (HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError);

    private static TimeSpan? RetryAfter(WireReply? reply, TimeProvider clock)
    {
        var wait = reply?.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - clock.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return wait is { } asked && asked >= TimeSpan.Zero ? (asked < LongestRetryAfter ? asked : LongestRetryAfter) : null;
    }
}
