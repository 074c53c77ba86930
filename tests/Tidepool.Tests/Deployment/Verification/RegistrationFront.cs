using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tidepool.Tests.Fargate;

namespace Tidepool.Tests.Deployment.Verification;

/// <summary>Stands before an ECS endpoint, and lets folders of the host through registration by leaving them out.</summary>
internal sealed class RegistrationFront : IAsyncDisposable
{
    private readonly HttpClient _behind = new();
    private readonly WebApplication _app;
    private Uri? _endpoint;

    public RegistrationFront()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(ForwardAsync);
    }

    public async Task<Uri> StartAsync(Uri endpoint)
    {
        _endpoint = endpoint;
        await _app.StartAsync(FargateRig.Ct);
        return new(_app.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _behind.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var text = await reader.ReadToEndAsync(context.RequestAborted);
        var target = context.Request.Headers["X-Amz-Target"].ToString();
        if (target.EndsWith(".RegisterTaskDefinition", StringComparison.Ordinal))
        {
            var body = JsonNode.Parse(text)!;
            foreach (var volume in body["volumes"]?.AsArray() ?? [])
            {
                volume!.AsObject().Remove("host");
            }

            text = body.ToJsonString();
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, _endpoint) { Content = new StringContent(text) };
        request.Content.Headers.ContentType = new("application/x-amz-json-1.1");
        foreach (var name in (string[])["X-Amz-Target", "Authorization", "X-Amz-Date"])
        {
            request.Headers.TryAddWithoutValidation(name, context.Request.Headers[name].ToString());
        }

        using var answer = await _behind.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = "application/x-amz-json-1.1";
        await context.Response.WriteAsync(await answer.Content.ReadAsStringAsync(context.RequestAborted), context.RequestAborted);
    }
}
