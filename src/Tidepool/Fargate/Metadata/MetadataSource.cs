using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Volumes;

namespace Tidepool.Fargate.Metadata;

/// <summary>What the metadata endpoint knows of tasks: all that the clusters have now.</summary>
internal sealed class MetadataSource(
    ConcurrentDictionary<string, ClusterLoop> clusters, TaskDisks disks, IContainerRuntime runtime, string region, TimeProvider clock)
{
    /// <summary>The cluster of a task by its ARN; null when there is no such task.</summary>
    public ClusterLoop? ClusterOf(string taskArn) => clusters.Values.FirstOrDefault(cluster => cluster.Tasks.ContainsKey(taskArn));

    /// <summary>A task's document; null when there is no such task.</summary>
    public JsonObject? Document(string taskArn, bool tags)
    {
        if (LifeOf(taskArn) is not { } life)
        {
            return null;
        }

        var utilizedMiB = disks.UtilizedMiB(life.Task.TaskId, runtime.LayerBytesOf(taskArn));
        var document = MetadataDocument.Of(life, region, utilizedMiB, ClockDrift.Read(clock.GetUtcNow()));
        return tags ? MetadataDocument.WithTags(document, life) : document;
    }

    /// <summary>Id of a container of a task that is there.</summary>
    public string RuntimeIdOf(string taskArn, string container) => ClusterOf(taskArn)!.RunnerOf(taskArn).RuntimeIdOf(container);

    /// <summary>Statistics of one container; null when it does not run.</summary>
    public async Task<JsonObject?> StatsAsync(string taskArn, string container, CancellationToken ct) =>
        ClusterOf(taskArn) is { } cluster ? await cluster.RunnerOf(taskArn).StatsAsync(container, ct) : null;

    /// <summary>Statistics of all containers of a task by their ids; null for one that does not run.</summary>
    public async Task<JsonObject> TaskStatsAsync(string taskArn, CancellationToken ct)
    {
        var runner = ClusterOf(taskArn)!.RunnerOf(taskArn);
        var names = LifeOf(taskArn)!.Containers.Select(container => container.Definition.Name).ToArray();
        var stats = await Task.WhenAll(names.Select(name => runner.StatsAsync(name, ct)));
        return new(names.Select((name, at) => KeyValuePair.Create(runner.RuntimeIdOf(name), (JsonNode?)stats[at])));
    }

    private TaskLife? LifeOf(string taskArn) => ClusterOf(taskArn)?.Tasks.GetValueOrDefault(taskArn);
}
