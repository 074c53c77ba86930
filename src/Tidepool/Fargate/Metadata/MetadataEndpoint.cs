using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Tidepool.Fargate.Metadata;

/// <summary>
/// The task metadata endpoint, versions 3 and 4, the agent endpoint and that of the task role's keys beside it, on loopback; each container has a path that no other
/// can guess.
/// </summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html</remarks>
internal sealed class MetadataEndpoint : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (string TaskArn, string Container)> _paths = new();
    private readonly WebApplication _app;
    private readonly MetadataSource _source;
    private readonly TaskProtectionEndpoint _protection;
    private readonly CredentialsEndpoint _credentials;

    private MetadataEndpoint(WebApplication app, MetadataSource source, TaskCredentials credentials) =>
        (_app, _source, _protection, _credentials) = (app, source, new(source.ClusterOf), new(credentials));

    /// <summary>Starts the endpoint on a free port.</summary>
    /// <param name="source">What is known of tasks.</param>
    /// <param name="credentials">The keys of tasks' roles.</param>
    /// <param name="ct">Ends the start.</param>
    public static async Task<MetadataEndpoint> StartAsync(MetadataSource source, TaskCredentials credentials, CancellationToken ct)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var endpoint = new MetadataEndpoint(builder.Build(), source, credentials);
        endpoint._app.Run(endpoint.AnswerAsync);
        await endpoint._app.StartAsync(ct);
        return endpoint;
    }

    /// <summary>Gives a container its path.</summary>
    public string Add(string taskArn, string container)
    {
        var path = Unguessable.Hex(16);
        _paths[path] = (taskArn, container);
        return path;
    }

    /// <summary>Forgets a task's containers.</summary>
    public void Remove(string taskArn)
    {
        foreach (var (path, _) in _paths.Where(entry => entry.Value.TaskArn == taskArn))
        {
            _paths.TryRemove(path, out _);
        }
    }

    /// <summary>Where the endpoint listens on this machine.</summary>
    public string Address => _app.Urls.First();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        switch (path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            case ["api", var agent, "task-protection", "v1", "state"]:
                return _protection.AnswerAsync(context, _paths.TryGetValue(agent, out var asking) ? asking.TaskArn : null);
            case ["v2", "credentials", .. var rest]:
                return _credentials.AnswerAsync(context, rest is [] ? null : string.Join('/', rest));
            default:
                return MetadataPath.Parse(path) is { } asked ? AnswerAsync(context, asked) : NotFoundAsync(context);
        }
    }

    private async Task AnswerAsync(HttpContext context, MetadataPath asked)
    {
        var (status, answer) = await AnswerToAsync(asked, context.RequestAborted);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.ToJsonString(), context.RequestAborted);
    }

    private async Task<(int Status, JsonNode Answer)> AnswerToAsync(MetadataPath asked, CancellationToken ct)
    {
        if (!_paths.TryGetValue(asked.Id, out var found) || _source.Document(found.TaskArn, asked.Subject is MetadataSubject.TaskWithTags) is not { } task)
        {
            return (asked.Unknown.Status, asked.Unknown.Text);
        }

        var document = asked.Version is 3 ? MetadataDocument.AsVersion3(task) : task;
        var container = document["Containers"]!.AsArray().First(entry => (string?)entry!["Name"] == found.Container)!;
        switch (asked.Subject)
        {
            case MetadataSubject.Container:
                return (StatusCodes.Status200OK, container);
            case MetadataSubject.ContainerStats:
                return await _source.StatsAsync(found.TaskArn, found.Container, ct) is { } stats
                    ? (StatusCodes.Status200OK, stats)
                    : asked.NoStats(_source.RuntimeIdOf(found.TaskArn, found.Container));
            case MetadataSubject.TaskStats:
                return (StatusCodes.Status200OK, await _source.TaskStatsAsync(found.TaskArn, ct));
            default:
                return (StatusCodes.Status200OK, document);
        }
    }

    // As the router answers that the ECS agent is made with.
    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync("404 page not found\n", context.RequestAborted);
    }
}
