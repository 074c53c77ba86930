using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Tidepool.Fargate;

/// <summary>
/// The task metadata endpoint, versions 3 and 4, and the agent endpoint beside it, on loopback; each container has a path that no other
/// can guess.
/// </summary>
/// <remarks>Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html</remarks>
internal sealed class MetadataEndpoint : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (string TaskArn, string Container)> _paths = new();
    private readonly WebApplication _app;
    private readonly Func<string, JsonObject?> _describe;
    private readonly TaskProtectionEndpoint _protection;

    private MetadataEndpoint(WebApplication app, Func<string, JsonObject?> describe, TaskProtectionEndpoint protection) =>
        (_app, _describe, _protection) = (app, describe, protection);

    /// <summary>Starts the endpoint on a free port.</summary>
    /// <param name="describe">The metadata document of a task by its ARN; null when there is no such task.</param>
    /// <param name="protection">Answers for task protection.</param>
    /// <param name="ct">Ends the start.</param>
    public static async Task<MetadataEndpoint> StartAsync(
        Func<string, JsonObject?> describe, TaskProtectionEndpoint protection, CancellationToken ct)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var endpoint = new MetadataEndpoint(builder.Build(), describe, protection);
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
        var segments = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (segments is ["api", var agent, "task-protection", "v1", "state"])
        {
            return _protection.AnswerAsync(context, _paths.TryGetValue(agent, out var asking) ? asking.TaskArn : null);
        }

        var answer = segments is ["v3" or "v4", var path, .. var rest] && _paths.TryGetValue(path, out var container)
            && _describe(container.TaskArn) is { } task
            ? rest switch
            {
                [] => task["Containers"]!.AsArray().First(entry => (string?)entry!["Name"] == container.Container),
                ["task"] or ["taskWithTags"] => task,
                _ => null,
            }
            : null;
        if (answer is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return context.Response.WriteAsync("\"not found\"", context.RequestAborted);
        }

        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(answer.ToJsonString(), context.RequestAborted);
    }
}
