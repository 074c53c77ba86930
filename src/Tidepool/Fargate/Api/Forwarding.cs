using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace Tidepool.Fargate.Api;

/// <summary>Sends what is not for ECS to another emulator, as it came.</summary>
/// <param name="upstream">Where to.</param>
/// <param name="services">Has what carries requests there.</param>
/// <param name="fileSystemDeleted">Told of an EFS file system that the upstream has deleted, before its answer goes on.</param>
internal sealed class Forwarding(Uri upstream, IServiceProvider services, Func<string, Task> fileSystemDeleted) : IDisposable
{
    private readonly IHttpForwarder _forwarder = services.GetRequiredService<IHttpForwarder>();
    private readonly SameHost _transformer = new(fileSystemDeleted);
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
    });

    /// <summary>Adds what carries requests.</summary>
    public static void AddTo(WebApplicationBuilder builder)
    {
        builder.Services.AddLogging();
        builder.Services.AddHttpForwarder();
    }

    /// <summary>Says that there is nowhere to send a request.</summary>
    public static Task RefuseAsync(HttpContext context, AwsCall call) => AwsError.WriteAsync(
        context, call.Protocol, StatusCodes.Status501NotImplemented, "SERVE002",
        $"SERVE002: The request is for {ServiceOf(call)}, and only ECS is here. "
            + "Start tidepool serve with --upstream URL, where URL is an emulator of AWS such as http://127.0.0.1:5000.");

    public async Task ForwardAsync(HttpContext context, AwsCall call)
    {
        // The body of the answer may be on its way already; then the connection is broken off, and the client sees that.
        var error = await _forwarder.SendAsync(context, upstream.AbsoluteUri, _client, ForwarderRequestConfig.Empty, _transformer);
        if (error is not ForwarderError.None && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await AwsError.WriteAsync(
                context, call.Protocol, StatusCodes.Status502BadGateway, "SERVE003",
                $"SERVE003: The upstream {upstream} could not be asked for {ServiceOf(call)} "
                    + $"({context.GetForwarderErrorFeature()?.Exception?.GetBaseException().Message ?? error.ToString()}). Start it, or name another one with --upstream.");
        }
    }

    public void Dispose() => _client.Dispose();

    private static string ServiceOf(AwsCall call) => call.Service ?? "a service that the request does not name";

    /// <summary>Keeps the Host header: it is signed, names buckets, and is what queue URLs are made of.</summary>
    private sealed class SameHost(Func<string, Task> fileSystemDeleted) : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.Headers.Host = httpContext.Request.Host.Value;
        }

        public override async ValueTask<bool> TransformResponseAsync(
            HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
        {
            if (proxyResponse is { IsSuccessStatusCode: true } && AwsCall.FileSystemToDelete(httpContext.Request) is { } id)
            {
                await fileSystemDeleted(id);
            }

            return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        }
    }
}
