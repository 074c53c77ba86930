using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Tidepool.Tests.Agent;

/// <summary>A call that an <see cref="HttpEndpoint"/> got.</summary>
internal sealed record HttpCall(string Method, string Path, string? ContentType, string Body);

/// <summary>A real HTTP server on a free port of loopback that answers what a test says and remembers what it was asked.</summary>
internal sealed class HttpEndpoint : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<HttpCall> _calls = new();

    private HttpEndpoint(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    public IReadOnlyList<HttpCall> Calls => [.. _calls];

    /// <param name="answer">Status and body for each call; the body is JSON.</param>
    public static async Task<HttpEndpoint> StartAsync(Func<HttpCall, (int Status, string Body)> answer) =>
        await StartAsync(call => Task.FromResult(answer(call)));

    /// <inheritdoc cref="StartAsync(Func{HttpCall, ValueTuple{int, string}})"/>
    public static async Task<HttpEndpoint> StartAsync(Func<HttpCall, Task<(int Status, string Body)>> answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var endpoint = new HttpEndpoint(builder.Build());
        endpoint._app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var call = new HttpCall(
                context.Request.Method, context.Request.Path.Value!, context.Request.ContentType, await reader.ReadToEndAsync(context.RequestAborted));
            endpoint._calls.Enqueue(call);
            var (status, body) = await answer(call);
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json; charset=utf-8";
            await context.Response.WriteAsync(body, context.RequestAborted);
        });
        await endpoint._app.StartAsync(TestContext.Current.CancellationToken);
        return endpoint;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
