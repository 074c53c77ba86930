using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>Variables of a pipeline, stage or job, in both forms.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/variables</remarks>
internal static class VariableSchema
{
    public static IReadOnlyList<PipelineVariable> Read(MappingReader owner, PipelineErrors errors)
    {
        List<PipelineVariable> variables = [];
        switch (owner.Node("variables"))
        {
            case null or ScalarNode { IsNull: true }:
                break;
            case MappingNode:
                var entries = ((MappingNode)owner.Node("variables")!).Entries;
                variables.AddRange(owner.Texts("variables").Select(v =>
                    new PipelineVariable(v.Key, v.Value, false, entries.First(e => e.Key.Value == v.Key).Value.Position)));
                break;
            case SequenceNode { Items: var items }:
                variables.AddRange(items.Select(i => ReadItem(i, errors)).OfType<PipelineVariable>());
                break;
            case var other:
                errors.Add(other.Position, Unexpected.Text(other));
                break;
        }
        foreach (var variable in variables)
        {
            if (RuntimeText.ExpressionOf(variable.Value) is { } expression)
            {
                Conditions.CheckSyntax(expression, variable.Position, errors, ofVariable: true);
            }
        }
        return variables;
    }

    private static PipelineVariable? ReadItem(YamlNode item, PipelineErrors errors)
    {
        if (item is ScalarNode { IsFailed: true })
        {
            return null;
        }
        if (item is not MappingNode { Entries: [{ Key: var kind }, ..] } mapping)
        {
            errors.Add(item.Position, Unexpected.Text(item));
            return null;
        }
        if (kind.Value != "name")
        {
            errors.Add(kind.Position, KnownKeys.VariableKinds.Contains(kind.Value)
                ? Refusal.Of($"{kind.Value} in variables")
                : $"Unexpected value '{kind.Value}'");
            return null;
        }
        var reader = new MappingReader(mapping, KnownKeys.Variable, errors);
        return new PipelineVariable(
            reader.Text("name") ?? "",
            reader.Text("value") ?? "",
            reader.Flag("readonly") ?? false,
            reader.Scalar("value")?.Position ?? mapping.Position);
    }
}
