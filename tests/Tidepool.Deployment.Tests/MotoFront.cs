using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tidepool.Deployment.Tests;

/// <summary>Stands before moto 5.2: notes each operation, and mends the two answers that AWS gives and moto does not.</summary>
/// <remarks>
/// <para>DescribeServices: moto leaves out <c>availabilityZoneRebalancing</c>. AWS answers with it; provider 5.100.0 sends <c>DISABLED</c> and
/// plans to set it again as long as the answer lacks it. Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html</para>
/// <para>DeleteFileSystemPolicy: moto has none and answers 500, which the provider tries again for minutes. An empty policy is the same to
/// moto as none. Source: https://docs.aws.amazon.com/efs/latest/ug/API_DeleteFileSystemPolicy.html</para>
/// <para>All else passes unchanged.</para>
/// </remarks>
internal sealed partial class MotoFront : IAsyncDisposable
{
    private const string DeletePolicy = "elasticfilesystem:DELETE /2015-02-01/file-systems/*/policy";
    private static readonly string[] NotForwarded = ["Host", "Connection", "Transfer-Encoding", "Content-Length", "Keep-Alive"];
    private readonly ConcurrentDictionary<string, byte> _actions = new();
    private readonly HttpClient _moto;
    private readonly WebApplication _app;

    private MotoFront(Uri moto)
    {
        _moto = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = moto };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(ForwardAsync);
    }

    public Uri Endpoint => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public Uri Moto => _moto.BaseAddress!;

    public IReadOnlyCollection<string> Actions => [.. _actions.Keys];

    public static async Task<MotoFront> StartAsync(Uri moto)
    {
        var front = new MotoFront(moto);
        await front._app.StartAsync();
        return front;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _moto.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var action = ActionOf(context.Request, body);
        _actions.TryAdd(action, 0);

        var (method, sent) = action == DeletePolicy ? ("PUT", """{ "Policy": "" }"""u8.ToArray()) : (context.Request.Method, body.ToArray());
        using var request = new HttpRequestMessage(new HttpMethod(method), context.Request.Path + context.Request.QueryString)
        {
            Content = new ByteArrayContent(sent),
        };
        foreach (var (name, values) in context.Request.Headers.Where(header => !NotForwarded.Contains(header.Key, StringComparer.OrdinalIgnoreCase)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        using var answer = await _moto.SendAsync(request, context.RequestAborted);
        var content = await answer.Content.ReadAsByteArrayAsync(context.RequestAborted);
        if (action is "ecs:DescribeServices" && answer.IsSuccessStatusCode)
        {
            content = WithRebalancing(content);
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers)
            .Where(header => !NotForwarded.Contains(header.Key, StringComparer.OrdinalIgnoreCase)))
        {
            context.Response.Headers[name] = values.ToArray();
        }

        await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    private static byte[] WithRebalancing(byte[] content)
    {
        var answer = JsonNode.Parse(content)!;
        foreach (var service in answer["services"]!.AsArray())
        {
            service!["availabilityZoneRebalancing"] ??= "DISABLED";
        }

        return Encoding.UTF8.GetBytes(answer.ToJsonString());
    }

    // The service is in the signature's scope; the operation in a header, in the form, or in method and path.
    private static string ActionOf(HttpRequest request, MemoryStream body)
    {
        var service = Scope().Match(request.Headers.Authorization.ToString()) is { Success: true } scope ? scope.Groups[1].Value : "unsigned";
        var operation = request.Headers["X-Amz-Target"].ToString() is { Length: > 0 } target
            ? target[(target.LastIndexOf('.') + 1)..]
            : Form().Match(Encoding.UTF8.GetString(body.ToArray())) is { Success: true } form
                ? form.Groups[1].Value
                : $"{request.Method} {Identifier().Replace(request.Path, "*")}";
        return $"{service}:{operation}";
    }

    [GeneratedRegex(@"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/aws4_request")]
    private static partial Regex Scope();

    [GeneratedRegex(@"(?:^|&)Action=([A-Za-z]+)")]
    private static partial Regex Form();

    [GeneratedRegex(@"\b(?:fs|fsap|fsmt)-[0-9a-f]+")]
    private static partial Regex Identifier();
}
