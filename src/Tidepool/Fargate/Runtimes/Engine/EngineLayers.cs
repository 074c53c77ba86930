using System.Collections.Concurrent;
using Docker.DotNet;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>
/// What tasks have in the writable layers of their containers. The engine walks through all files to tell, so it is asked again only when
/// someone wants to know and the last answer is old.
/// </summary>
internal sealed class EngineLayers(DockerClient client, TimeProvider clock)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Measurement> _last = new();

    /// <summary>The last answer in bytes, 0 before the first. Where it is old, a new one is asked for, for the next time.</summary>
    public long BytesOf(string taskArn)
    {
        var last = _last.GetValueOrDefault(taskArn);
        if (last is null)
        {
            last = _last.GetOrAdd(taskArn, _ => Ask(taskArn, 0));
        }
        else if (last.Asked.IsCompleted && clock.GetElapsedTime(last.At) > Fresh)
        {
            _last.TryUpdate(taskArn, Ask(taskArn, last.Bytes), last);
        }

        return last.Bytes;
    }

    public void Forget(string taskArn) => _last.TryRemove(taskArn, out _);

    private Measurement Ask(string taskArn, long before) => new(clock.GetTimestamp(), before, MeasureAsync(taskArn, before));

    private async Task<long> MeasureAsync(string taskArn, long before)
    {
        try
        {
            var containers = await client.Containers.ListContainersAsync(new() { All = true, Size = true, Filters = EngineLabels.OfTask(taskArn) }, CancellationToken.None);
            return containers.Sum(container => container.SizeRw ?? 0);
        }
        catch (Exception e) when (EngineWords.IsGone(e) || e is DockerApiException)
        {
            return before;
        }
    }

    /// <summary>A question to the engine.</summary>
    /// <param name="At">When it was asked.</param>
    /// <param name="Before">What the one before was answered with.</param>
    /// <param name="Asked">Its answer. Never fails.</param>
    private sealed record Measurement(long At, long Before, Task<long> Asked)
    {
        public long Bytes => Asked.IsCompleted ? Asked.Result : Before;
    }
}
