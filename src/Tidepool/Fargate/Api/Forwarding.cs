using System.Net;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Tidepool.Fargate.Api;

/// <summary>Sends what is not for ECS to another emulator, as it came; or says that there is none.</summary>
/// <param name="upstream">Where to; null for nowhere.</param>
/// <param name="forwarder">What carries requests there.</param>
/// <param name="fileSystemDeleted">Told of an EFS file system that the upstream has deleted, before its answer goes on.</param>
internal sealed class Forwarding(Uri? upstream, IHttpForwarder forwarder, Func<string, Task> fileSystemDeleted) : IDisposable
{
    private readonly SameHost _transformer = new(fileSystemDeleted);
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
    });

    public async Task ForwardAsync(HttpContext context, AwsCall call)
    {
        var service = call.Service ?? "a service that the request does not name";
        if (upstream is null)
        {
            await AwsError.WriteAsync(
                context, call.Protocol, StatusCodes.Status501NotImplemented, "SERVE002",
                $"SERVE002: The request is for {service}, and only ECS is here. "
                    + "Start tidepool serve with --upstream URL, where URL is an emulator of AWS such as http://127.0.0.1:5000.");
            return;
        }

        // The body of the answer may be on its way already; then the connection is broken off, and the client sees that.
        var error = await forwarder.SendAsync(context, upstream.AbsoluteUri, _client, ForwarderRequestConfig.Empty, _transformer);
        if (error is not ForwarderError.None && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await AwsError.WriteAsync(
                context, call.Protocol, StatusCodes.Status502BadGateway, "SERVE003",
                $"SERVE003: The upstream {upstream} could not be asked for {service} "
                    + $"({context.GetForwarderErrorFeature()?.Exception?.GetBaseException().Message ?? error.ToString()}). Start it, or name another one with --upstream.");
        }
    }

    public void Dispose() => _client.Dispose();

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
