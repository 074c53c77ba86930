using System.Text.Json.Nodes;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>One run of a container of the engine.</summary>
/// <param name="client">The engine.</param>
/// <param name="id">The container; it stays over restarts in place, and its writable layer with it.</param>
/// <param name="holder">The container that holds its task's network.</param>
/// <param name="stopSignal">What asks its program to end.</param>
/// <param name="log">Gets what it writes.</param>
/// <param name="clock">Clock of the wait for an engine that is gone.</param>
internal sealed class EngineContainer(DockerClient client, string id, string holder, string stopSignal, ContainerLog log, TimeProvider clock)
    : IRunningContainer
{
    private const string Kill9 = "SIGKILL";
    private const int KilledExitCode = 137;

    // What engines show of a container whose end they did not see.
    private const int UnknownExitCode = 255;

    /// <summary>How long an engine may be gone before its containers are given up.</summary>
    private static readonly TimeSpan LossLimit = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long what a container wrote last may be on its way when it has ended: long enough for a busy machine, where what comes later would be lost.
    /// </summary>
    private static readonly TimeSpan LastOutputLimit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly ContainerAttachParameters BothStreams = new() { Stream = true, Stdout = true, Stderr = true };

    private readonly TaskCompletionSource<ContainerEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _lastSignal;

    /// <summary>None: the engine's label is how a sweep finds the container.</summary>
    public IReadOnlyList<ProcessIdentity> Processes => [];

    public Task<ContainerEnd> Ended => _ended.Task;

    /// <summary>As the engine counts processes; where it is in another namespace, that is none of this machine's.</summary>
    public async Task<int?> FindProcessAsync(CancellationToken ct)
    {
        try
        {
            return await StateAsync() is { Running: true, Pid: > 0 and <= int.MaxValue and var pid } ? (int)pid : null;
        }
        catch (Exception e) when (EngineWords.IsGone(e) || e is DockerApiException)
        {
            return null;
        }
    }

    /// <summary>Starts the program and follows it to its end.</summary>
    /// <exception cref="IOException">It could not be started; holds the engine's words.</exception>
    public Task StartAsync(CancellationToken ct) => EngineWords.AskAsync(async () =>
    {
        // Attached first, so that nothing it writes is lost.
        var output = await client.Containers.AttachContainerAsync(id, BothStreams, ct);
        try
        {
            await client.Containers.StartContainerAsync(id, new(), ct);
        }
        catch
        {
            output.Dispose();
            throw;
        }

        _ = FollowAsync(output);
    });

    public async Task<JsonObject?> StatsAsync(CancellationToken ct) => _ended.Task.IsCompleted ? null : await EngineStats.ReadAsync(client, id, holder, clock, ct);

    public Task<CommandEnd> ExecuteAsync(IReadOnlyList<string> command, TimeSpan limit, CancellationToken ct) =>
        EngineCommand.RunAsync(client, id, command, limit, clock, ct);

    public void Stop() => _ = SignalAsync(stopSignal);

    public void Kill() => _ = SignalAsync(Kill9);

    private async Task SignalAsync(string signal)
    {
        _lastSignal = signal;
        try
        {
            await client.Containers.KillContainerAsync(id, new() { Signal = signal }, CancellationToken.None);
        }
        catch (DockerApiException)
        {
            // It ended by itself meanwhile.
        }
        catch (Exception e) when (EngineWords.IsGone(e))
        {
            // Sent again once the engine is back.
        }
    }

    private async Task FollowAsync(MultiplexedStream? output)
    {
        ContainerEnd? end = null;
        for (var goneAt = null as long?; end is null;)
        {
            try
            {
                await WaitAsync(output);
                output = null;
                var state = await StateAsync();
                end = state.Running ? null : new((int)state.ExitCode, clock.GetUtcNow(), null, ReasonOf(state));
                goneAt = null;
            }
            catch (DockerContainerNotFoundException)
            {
                end = new(UnknownExitCode, clock.GetUtcNow(), null, "CannotInspectContainerError: the container was removed from the engine");
            }
            catch (Exception e) when (EngineWords.IsGone(e) || e is DockerApiException)
            {
                goneAt ??= clock.GetTimestamp();
                if (clock.GetElapsedTime(goneAt.Value) > LossLimit)
                {
                    end = new(UnknownExitCode, clock.GetUtcNow(), null, $"CannotInspectContainerError: the container engine does not answer: {e.Message}");
                }
                else
                {
                    await Task.Delay(Pause, clock, CancellationToken.None);
                    output = await AttachAgainAsync();
                }
            }
        }

        log.Dispose();
        _ended.SetResult(end);
    }

    // Docker's stream ends with the container. Podman's stays open where the container ended at once.
    private async Task WaitAsync(MultiplexedStream? output)
    {
        using var attached = output;
        var copying = output is null ? Task.CompletedTask : CopyAsync(output);
        var waiting = client.Containers.WaitContainerAsync(id, CancellationToken.None);
        if (await Task.WhenAny(copying, waiting) == copying)
        {
            await copying;
        }

        await waiting;
        await Task.WhenAny(copying, Task.Delay(LastOutputLimit, clock, CancellationToken.None));
    }

    private async Task<MultiplexedStream?> AttachAgainAsync()
    {
        try
        {
            if (_lastSignal is { } signal)
            {
                await SignalAsync(signal);
            }

            return (await StateAsync()).Running
                ? await client.Containers.AttachContainerAsync(id, BothStreams, CancellationToken.None)
                : null;
        }
        catch (Exception e) when (EngineWords.IsGone(e) || e is DockerApiException)
        {
            return null;
        }
    }

    private async Task<State> StateAsync() => (await client.Containers.InspectContainerAsync(id, CancellationToken.None)).State!;

    private async Task CopyAsync(MultiplexedStream output)
    {
        var buffer = new byte[16 * 1024];
        while (await output.ReadOutputAsync(buffer, 0, buffer.Length, CancellationToken.None) is { EOF: false } read)
        {
            log.Write(buffer.AsSpan(0, read.Count));
        }
    }

    // The kernel tells all containers of a task when the task's memory is full; the one that was killed for it is meant.
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
    private string? ReasonOf(State state) => state is { OOMKilled: true, ExitCode: KilledExitCode } && _lastSignal is not Kill9 ? "OutOfMemoryError: Container killed due to memory usage" : null;
}
