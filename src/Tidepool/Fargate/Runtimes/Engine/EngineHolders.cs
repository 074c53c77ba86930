using System.Collections.Concurrent;
using System.Text;
using Docker.DotNet;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>
/// The containers that hold the networks of tasks. Most of a task's start is the making of its network, so one is made ahead: in the
/// background, as soon as an image is known to make it from, and again whenever one was taken and its task's containers run.
/// </summary>
/// <param name="client">The engine.</param>
/// <param name="place">What every holder of the environment has in common.</param>
internal sealed class EngineHolders(DockerClient client, HolderPlace place) : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, string> _forwards = new();
    private readonly Lock _gate = new();
    private Spare? _spare;
    private bool _ended;

    /// <summary>Lets tasks reach a socket of this machine at an address of theirs, from the next holder on.</summary>
    /// <param name="name">The socket's file name.</param>
    /// <param name="listen">The address.</param>
    public void Forward(string name, string listen) => _forwards[name] = $"{listen}={EngineContainerSpec.SocketsFolder}/{name}";

    /// <summary>Makes one ahead, unless there is one.</summary>
    /// <param name="image">Any image of the engine; none of its programs is run.</param>
    public void MakeAhead(EngineImage image)
    {
        lock (_gate)
        {
            if (!_ended)
            {
                string[] forwards = [.. _forwards.Values.Order()];
                _spare ??= new(forwards, Task.Run(() => MakeAsync(place, image, forwards, CancellationToken.None)));
            }
        }
    }

    /// <summary>Takes the one that was made ahead, or makes one.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="IOException">It cannot be made; holds the reason.</exception>
    public async Task<string> TakeAsync(EngineImage image, CancellationToken ct)
    {
        if (Interlocked.Exchange(ref _spare, null) is { } spare)
        {
            if (spare.Forwards.SequenceEqual(_forwards.Values.Order()) && await IsRunningAsync(spare, ct))
            {
                return await spare.Holder;
            }

            await RemoveAsync(spare, ct);
        }

        return await MakeAsync(place, image, [.. _forwards.Values.Order()], ct);
    }

    /// <summary>Makes one for a task that has kernel parameters of its own, or sees the holder's processes: it sees no volumes of other tasks.</summary>
    /// <param name="image">Any image of the engine.</param>
    /// <param name="volumesFolder">Folder of the task's volumes; null as root.</param>
    /// <param name="networkControls">Kernel parameters of the network.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="IOException">It cannot be made; holds the reason.</exception>
    public Task<string> MakeAsync(EngineImage image, string? volumesFolder, IReadOnlyDictionary<string, string> networkControls, CancellationToken ct) =>
        MakeAsync(place with { TasksFolder = volumesFolder, NetworkControls = networkControls }, image, [.. _forwards.Values.Order()], ct);

    /// <summary>Makes no more. What was made ahead goes with all else of the environment.</summary>
    public async ValueTask DisposeAsync()
    {
        Spare? spare;
        lock (_gate)
        {
            (_ended, spare) = (true, _spare);
        }

        // To its end: the engine goes on with what it was asked for, and all that it has is about to be removed.
        await (spare is null ? Task.CompletedTask : Task.WhenAny(spare.Holder));
    }

    // An engine that crashed keeps it, and does not start it again.
    private async Task<bool> IsRunningAsync(Spare spare, CancellationToken ct)
    {
        try
        {
            var id = await spare.Holder.WaitAsync(ct);
            return (await EngineWords.AskAsync(() => client.Containers.InspectContainerAsync(id, ct))).State?.Running is true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task RemoveAsync(Spare spare, CancellationToken ct)
    {
        if (spare.Holder.IsCompletedSuccessfully)
        {
            await EngineLeftovers.RemoveAsync(client, await spare.Holder, ct);
        }
    }

    private async Task<string> MakeAsync(HolderPlace where, EngineImage image, IReadOnlyList<string> forwards, CancellationToken ct)
    {
        var id = (await EngineWords.AskAsync(() => client.Containers.CreateContainerAsync(EngineContainerSpec.Holder(where, image, forwards), ct))).ID;
        try
        {
            await StartAsync(id, ct);
            return id;
        }
        catch
        {
            await EngineLeftovers.RemoveAsync(client, id, CancellationToken.None);
            throw;
        }
    }

    private async Task StartAsync(string id, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(StartLimit);
        var said = "";
        try
        {
            await EngineWords.AskAsync(async () =>
            {
                using var output = await client.Containers.AttachContainerAsync(id, new() { Stream = true, Stdout = true, Stderr = true }, limit.Token);
                await client.Containers.StartContainerAsync(id, new(), limit.Token);
                var buffer = new byte[1024];
                while (!said.StartsWith("ready", StringComparison.Ordinal)
                    && await output.ReadOutputAsync(buffer, 0, buffer.Length, limit.Token) is { EOF: false } read)
                {
                    said += Encoding.UTF8.GetString(buffer, 0, read.Count);
                }
            });
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new IOException($"nothing listened within {StartLimit.TotalSeconds} s");
        }

        if (!said.StartsWith("ready", StringComparison.Ordinal))
        {
            throw new IOException(said.Trim());
        }
    }

    private sealed record Spare(IReadOnlyList<string> Forwards, Task<string> Holder);
}

/// <summary>What every holder of an environment has in common.</summary>
/// <param name="EnvironmentFolder">Folder of the environment.</param>
/// <param name="Network">The engine's network.</param>
/// <param name="Program">What runs in it.</param>
/// <param name="TasksFolder">
/// Folder of all tasks, for whose task it will be is not known when a holder is made. Null as root, who writes and empties volumes without a
/// holder: it would keep the disks of other tasks mounted.
/// </param>
/// <param name="SocketsFolder">Folder of the sockets that it carries connections to.</param>
internal sealed record HolderPlace(string EnvironmentFolder, string Network, HolderProgram Program, string? TasksFolder, string SocketsFolder)
{
    /// <summary>Kernel parameters of the network that it holds.</summary>
    public IReadOnlyDictionary<string, string> NetworkControls { get; init; } = new Dictionary<string, string>();
}
