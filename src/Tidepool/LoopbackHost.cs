using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Tidepool;

/// <summary>A web server inside of a program, on 127.0.0.1 only.</summary>
internal static class LoopbackHost
{
    /// <summary>A builder that reads no appsettings.json and no environment: both would be the user's, for the user's own web application.</summary>
    /// <param name="port">Port to listen on; 0 picks a free one.</param>
    /// <param name="shutdown">How long requests that are under way are given at the end.</param>
    public static WebApplicationBuilder CreateBuilder(int port, TimeSpan shutdown)
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = shutdown);
        return builder;
    }
}
