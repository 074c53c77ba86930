using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Api;

/// <summary>How the ECS endpoint is set up.</summary>
public sealed record EcsEndpointOptions
{
    /// <summary>Port on 127.0.0.1; 0 picks a free one. Default 4566.</summary>
    public int Port { get; init; } = 4566;

    /// <summary>The emulator that answers for all other services; null for none.</summary>
    public Uri? Upstream { get; init; }

    /// <summary>Hears, in one line each, of operations that are not known, of members that were left out, and of faults. Null for nobody.</summary>
    public Action<string>? OnNotice { get; init; }
}

/// <summary>The ECS API over HTTP on 127.0.0.1, in front of a local Fargate. Signatures are not checked.</summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/Welcome.html</remarks>
public sealed class EcsEndpoint : IAsyncDisposable
{
    // A task definition may have 64 KiB; this is for what else may come. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
    private const int LargestBody = 1024 * 1024;

    // Requests take milliseconds; this is for one that is being forwarded.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(2);

    private readonly WebApplication _app;
    private readonly Forwarding? _forwarding;
    private readonly EcsOperations _operations;
    private readonly Action<string> _say;

    private EcsEndpoint(WebApplication app, LocalFargate fargate, EcsEndpointOptions options)
    {
        _app = app;
        _say = options.OnNotice ?? (_ => { });
        _operations = new(fargate, _say);
        _forwarding = options.Upstream is { } upstream
            ? new(upstream, app.Services, id => fargate.RemoveFileSystemAsync(id, CancellationToken.None))
            : null;
    }

    /// <summary>What <c>AWS_ENDPOINT_URL</c> is set to, as in <c>http://127.0.0.1:4566</c>.</summary>
    public Uri Url => new(_app.Urls.First());

    /// <summary>Starts the endpoint.</summary>
    /// <exception cref="ProblemException">SERVE001: the port cannot be had.</exception>
    public static async Task<EcsEndpoint> StartAsync(LocalFargate fargate, EcsEndpointOptions options, CancellationToken ct)
    {
        var builder = LoopbackHost.CreateBuilder(options.Port, ShutdownTimeout);
        if (options.Upstream is not null)
        {
            Forwarding.AddTo(builder);
        }

        var endpoint = new EcsEndpoint(builder.Build(), fargate, options);
        endpoint._app.Run(endpoint.AnswerAsync);
        try
        {
            await endpoint._app.StartAsync(ct);
            return endpoint;
        }
        catch (Exception e) when (e is IOException { InnerException: AddressInUseException } or SocketException)
        {
            await endpoint.DisposeAsync();
            throw new ProblemException(
                "SERVE001",
                $"The ECS endpoint cannot listen on 127.0.0.1:{options.Port}: {(e is SocketException ? e.Message : "the port is in use")}.",
                "Stop what uses the port, or choose another one with --ecs-port; port 0 takes any that is free.");
        }
    }

    /// <summary>Stops the endpoint; the local Fargate behind it goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _forwarding?.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var call = AwsCall.Of(context.Request);
        if (!call.IsEcs)
        {
            await (_forwarding?.ForwardAsync(context, call) ?? Forwarding.RefuseAsync(context, call));
            return;
        }

        // Whoever asks may run programs here. Browsers name the page that asks; other clients do not.
        if (context.Request.Headers.ContainsKey("Origin"))
        {
            await AwsError.WriteAsync(
                context, AwsProtocol.Json, StatusCodes.Status403Forbidden, "AccessDeniedException", "The local Fargate does not answer web pages.");
            return;
        }

        try
        {
            var body = await ReadAsync(context.Request, context.RequestAborted);
            var answer = await (call.IsOwn
                ? _operations.DoOwnAsync(call.Target ?? "(none)", body, context.RequestAborted)
                : _operations.DoAsync(call.Target ?? "(none)", body, context.RequestAborted));
            context.Response.Headers[AwsError.RequestId] = $"{Guid.NewGuid():D}";
            context.Response.ContentType = AwsError.Json;
            await JsonSerializer.SerializeAsync(context.Response.Body, answer, EcsJson.Options, context.RequestAborted);
        }
        catch (EcsException e)
        {
            await AwsError.WriteAsync(context, AwsProtocol.Json, StatusCodes.Status400BadRequest, $"{e.Type}", e.Message);
        }
        catch (ProblemException e)
        {
            await AwsError.WriteAsync(
                context, AwsProtocol.Json, StatusCodes.Status400BadRequest, $"{EcsErrorType.ClientException}", $"{e.Problem}");
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // Nobody waits for the answer any more.
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            // The body broke off, or came too slowly.
            await AwsError.WriteAsync(context, AwsProtocol.Json, e.StatusCode, $"{EcsErrorType.SerializationException}", $"The request could not be read: {e.Message}");
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            // A bug here is one request's, not the environment's.
            _say($"ECS operation {call.Target} failed: {e.GetType().Name}: {e.Message}");
            await AwsError.WriteAsync(
                context, AwsProtocol.Json, StatusCodes.Status500InternalServerError, "ServerException", $"The local Fargate failed: {e.Message}");
        }
    }

    private static async Task<JsonObject> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, ct)) > 0)
        {
            body.Write(buffer, 0, read);
            if (body.Length > LargestBody)
            {
                throw new EcsException(EcsErrorType.ClientException, $"The request is longer than {LargestBody} bytes.");
            }
        }

        return EcsJson.Parse(body.GetBuffer().AsSpan(0, (int)body.Length));
    }
}
