using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tidepool.Deployment.Tests;

/// <summary>A small real server that answers as a test says, and remembers what it was asked.</summary>
internal sealed class StandIn : IAsyncDisposable
{
    private readonly ConcurrentQueue<Asked> _asked = new();
    private readonly WebApplication _app;

    private StandIn(Func<HttpContext, string, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(async http =>
        {
            using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
            var body = await reader.ReadToEndAsync(http.RequestAborted);
            _asked.Enqueue(new(
                $"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}",
                http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                body));
            await answer(http, body);
        });
    }

    public sealed record Asked(string Line, IReadOnlyDictionary<string, string> Headers, string Body);

    public Uri Url { get; private set; } = null!;

    public IReadOnlyList<Asked> Requests => [.. _asked];

    public static async Task<StandIn> StartAsync(Func<HttpContext, string, Task> answer)
    {
        var server = new StandIn(answer);
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        server.Url = new(server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return server;
    }

    /// <summary>Answers everything alike.</summary>
    public static Task<StandIn> StartAsync(int status, string contentType, string body, params (string Name, string Value)[] headers) =>
        StartAsync((http, _) => WriteAsync(http, status, contentType, body, headers));

    public static Task WriteAsync(HttpContext http, int status, string contentType, string body, params (string Name, string Value)[] headers)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        foreach (var (name, value) in headers)
        {
            http.Response.Headers[name] = value;
        }

        return http.Response.WriteAsync(body, http.RequestAborted);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
