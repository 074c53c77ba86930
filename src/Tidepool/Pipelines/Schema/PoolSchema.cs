using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>Where jobs run: in a pool, which may be nobody's choice (null), or on the service itself.</summary>
internal sealed record PoolChoice(PipelinePool? Pool, bool IsServer)
{
    public static PoolChoice None { get; } = new(null, false);
}

/// <summary>The pool of a pipeline, stage, job or hook.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/pool</remarks>
internal static class PoolSchema
{
    private static readonly string[] Keys = ["name", "vmImage", "demands"];

    /// <summary>The pool that is written here, or else the one of the level above.</summary>
    public static PoolChoice Read(MappingReader owner, PoolChoice outer, PipelineErrors errors)
    {
        switch (owner.Node("pool"))
        {
            case null or ScalarNode { IsNull: true }:
                return outer;
            case ScalarNode { Value: "server" }:
                return new PoolChoice(null, IsServer: true);
            case ScalarNode name:
                CheckExpression(name, errors);
                return new PoolChoice(new PipelinePool(name.Value, null, [], name.Position), IsServer: false);
            case MappingNode mapping:
                return new PoolChoice(ReadMapping(mapping, errors), IsServer: false);
            case var other:
                errors.Add(other.Position, Unexpected.Text(other));
                return outer;
        }
    }

    private static PipelinePool ReadMapping(MappingNode mapping, PipelineErrors errors)
    {
        // The schema leaves this mapping open for keys of particular images (image, os), so that no key of it is unknown.
        var keys = new KeyTable(Keys, [.. mapping.Entries.Select(e => e.Key.Value).Except(Keys)], []);
        var reader = new MappingReader(mapping, keys, errors);
        var demands = reader.OneOrMany("demands") ?? [];
        foreach (var demand in demands.Where(d => !IsOpen(d.Value) && !Demand.TryParse(d.Value, out _)))
        {
            errors.Add(demand.Position, Demand.NotValid(demand.Value));
        }
        foreach (var scalar in demands.Append(reader.Scalar("name")).Append(reader.Scalar("vmImage")).OfType<ScalarNode>())
        {
            CheckExpression(scalar, errors);
        }
        return new PipelinePool(reader.Text("name"), reader.Text("vmImage"), [.. demands.Select(d => d.Value)], mapping.Position);
    }

    /// <summary>Text that says only at the job's start what it means.</summary>
    private static bool IsOpen(string text) =>
        text.Contains("$(", StringComparison.Ordinal) || RuntimeText.ExpressionOf(text) is not null;

    private static void CheckExpression(ScalarNode scalar, PipelineErrors errors)
    {
        if (RuntimeText.ExpressionOf(scalar.Value) is { } expression)
        {
            Conditions.CheckSyntax(expression, scalar.Position, errors);
        }
    }
}
