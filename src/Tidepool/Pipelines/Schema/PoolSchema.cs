using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>The pool of a pipeline, stage or job.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/pool</remarks>
internal static class PoolSchema
{
    /// <summary>The pool that is written here, or else the one of the level above.</summary>
    public static PipelinePool? Read(MappingReader owner, PipelinePool? outer, PipelineErrors errors)
    {
        switch (owner.Node("pool"))
        {
            case null or ScalarNode { IsNull: true }:
                return outer;
            case ScalarNode { Value: "server" } server:
                errors.Add(server.Position, Refusal.Of("pool: server"));
                return outer;
            case ScalarNode name:
                return new PipelinePool(name.Value, null, [], name.Position);
            case MappingNode mapping:
                return ReadMapping(mapping, errors);
            case var other:
                errors.Add(other.Position, Unexpected.Text(other));
                return outer;
        }
    }

    private static PipelinePool ReadMapping(MappingNode mapping, PipelineErrors errors)
    {
        // The schema leaves this mapping open for keys of particular images, so that no key of it is unknown.
        string[] read = ["name", "vmImage", "demands"];
        var keys = new KeyTable(read, [], [.. mapping.Entries.Select(e => e.Key.Value).Except(read)]);
        var reader = new MappingReader(mapping, keys, errors);
        var demands = reader.OneOrMany("demands") ?? [];
        foreach (var demand in demands.Where(d => !d.Value.Contains("$(", StringComparison.Ordinal) && !Demand.TryParse(d.Value, out _)))
        {
            errors.Add(demand.Position, Demand.NotValid(demand.Value));
        }
        return new PipelinePool(reader.Text("name"), reader.Text("vmImage"), [.. demands.Select(d => d.Value)], mapping.Position);
    }
}
