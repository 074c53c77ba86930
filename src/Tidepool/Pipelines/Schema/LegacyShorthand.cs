using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>What files of 2018 say, in the words of today: <c>phase</c>, <c>queue</c> and <c>server</c> to <c>job</c> and <c>pool</c>.</summary>
/// <remarks>
/// Source: https://github.com/microsoft/azure-pipelines-vscode/blob/main/service-schema.json for the keys. That <c>parallel</c> beside a
/// matrix limits how many legs run at once, and alone says how many there are, is what the documents of that time say.
/// </remarks>
internal static class LegacyShorthand
{
    private static readonly string[] OfJob = ["timeoutInMinutes", "cancelTimeoutInMinutes", "workspace", "container"];

    /// <summary>A phase as a job.</summary>
    public static MappingNode ToJob(MappingNode phase, PipelineErrors errors)
    {
        _ = new MappingReader(phase, KnownKeys.Phase, errors);
        var known = phase.Entries.Where(e => KnownKeys.Phase.Read.Contains(e.Key.Value));
        return ToPool(phase with
        {
            Entries = [.. known.Select(e => e.Key.Value == "phase" ? e with { Key = e.Key with { Value = "job" } } : e)],
        }, errors);
    }

    /// <summary>A job, or a root that has only steps, with its <c>queue</c> or <c>server</c> as the keys of today.</summary>
    public static MappingNode ToPool(MappingNode job, PipelineErrors errors)
    {
        if (job["queue"] is not null && job["server"] is not null)
        {
            var second = job.Entries.Last(e => e.Key.Value is "queue" or "server");
            errors.Add(second.Key.Position, $"Unexpected value '{second.Key.Value}'");
        }
        return job with { Entries = [.. job.Entries.SelectMany(e => Rewrite(e, errors))] };
    }

    private static IEnumerable<MappingEntry> Rewrite(MappingEntry entry, PipelineErrors errors) => (entry.Key.Value, entry.Value) switch
    {
        ("queue", MappingNode queue) => FromQueue(queue, entry.Key, errors),
        ("queue", ScalarNode { IsNull: true }) => [],
        ("queue", _) => [Named(entry.Key, "pool", entry.Value)],
        ("server", MappingNode server) => [Server(entry), .. FromTarget(server, KnownKeys.PhaseServer, errors)],
        ("server", ScalarNode scalar) => MappingReader.ToFlag(scalar.Value) == false ? [] : [Server(entry)],
        _ => [entry],
    };

    private static IEnumerable<MappingEntry> FromQueue(MappingNode queue, ScalarNode key, PipelineErrors errors)
    {
        var pool = queue.Entries.Where(e => e.Key.Value is "name" or "demands").ToList();
        return pool.Count == 0
            ? FromTarget(queue, KnownKeys.PhaseQueue, errors)
            : FromTarget(queue, KnownKeys.PhaseQueue, errors).Prepend(Named(key, "pool", queue with { Entries = pool }));
    }

    private static List<MappingEntry> FromTarget(MappingNode target, KeyTable keys, PipelineErrors errors)
    {
        _ = new MappingReader(target, keys, errors);
        var entries = target.Entries.Where(e => OfJob.Contains(e.Key.Value)).ToList();
        var matrix = target.Entries.FirstOrDefault(e => e.Key.Value == "matrix");
        var parallel = target.Entries.FirstOrDefault(e => e.Key.Value == "parallel");
        MappingEntry[] strategy = (matrix, parallel) switch
        {
            (null, null) => [],
            (null, _) => [parallel],
            (_, null) => [matrix],
            _ => [matrix, Named(parallel.Key, "maxParallel", parallel.Value)],
        };
        if (strategy is [{ Key: var first }, ..])
        {
            entries.Add(Named(first, "strategy", new MappingNode(strategy, first.Position)));
        }
        return entries;
    }

    private static MappingEntry Server(MappingEntry entry) =>
        Named(entry.Key, "pool", new ScalarNode("server", ScalarStyle.Plain, entry.Value.Position));

    private static MappingEntry Named(ScalarNode key, string name, YamlNode value) => new(key with { Value = name }, value);
}
