using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Tidepool.Fargate.Runtimes;
using Tidepool.Tasks;

namespace Tidepool.Fargate.Upstream;

/// <summary>The streams in CloudWatch Logs of one task's containers; none without an upstream.</summary>
/// <param name="upstream">Where they are; null for nowhere.</param>
/// <param name="clock">Clock of events and waits.</param>
/// <param name="lost">Told the reason when lines are lost.</param>
internal sealed class TaskLogs(UpstreamClient? upstream, TimeProvider clock, Action<string> lost)
{
    // How long a task that stops waits for its last lines to be taken.
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, LogStream> _streams = new();

    /// <summary>Makes the streams of all containers with the driver <c>awslogs</c>, as <c>prefix/container/task-id</c>.</summary>
    /// <exception cref="TaskStartException">One cannot be made; holds the stopped reason.</exception>
    public async Task OpenAsync(TaskDefinition definition, string taskId, CancellationToken ct)
    {
        foreach (var container in definition.ContainerDefinitions)
        {
            if (upstream is not null && container.LogConfiguration is { LogDriver: "awslogs", Options: { } options })
            {
                var target = new LogTarget(
                    options.GetValueOrDefault("awslogs-group", ""),
                    $"{options.GetValueOrDefault("awslogs-stream-prefix")}/{container.Name}/{taskId}",
                    options.GetValueOrDefault("awslogs-region", ""));
                await MakeAsync(upstream, target, options.GetValueOrDefault("awslogs-create-group") is "true", ct);
                _streams[container.Name] = new(upstream, target, clock, lost);
            }
        }
    }

    /// <summary>A container's stream; null when its output goes nowhere but into the local file.</summary>
    public LogStream? Of(string container) => _streams.GetValueOrDefault(container);

    /// <summary>Sends what is left, for 5 s at most.</summary>
    public async Task CompleteAsync(CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(FlushLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            await Task.WhenAll(_streams.Values.Select(stream => stream.CompleteAsync(either.Token)));
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            lost($"The last lines of a task may be lost: the upstream did not take them within {FlushLimit.TotalSeconds:0} s.");
        }
    }

    // The text is from memory of real messages.
    private static async Task MakeAsync(UpstreamClient upstream, LogTarget target, bool createGroup, CancellationToken ct)
    {
        try
        {
            if (createGroup)
            {
                await AskAsync(upstream, "CreateLogGroup", new() { ["logGroupName"] = target.Group }, target.Region, ct);
            }

            await AskAsync(
                upstream, "CreateLogStream", new() { ["logGroupName"] = target.Group, ["logStreamName"] = target.Stream }, target.Region, ct);
        }
        catch (UpstreamException e)
        {
            throw new TaskStartException(
                "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
                    + $"failed to create Cloudwatch log stream: {e.Message}");
        }
    }

    private static async Task AskAsync(UpstreamClient upstream, string operation, JsonObject members, string region, CancellationToken ct)
    {
        try
        {
            await upstream.AskAsync("logs", $"Logs_20140328.{operation}", members, region, ct);
        }
        catch (UpstreamException e) when (e.Code is "ResourceAlreadyExistsException")
        {
            // It is there.
        }
    }
}
