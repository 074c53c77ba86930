using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>Variables of a pipeline, stage or job, in both forms; a group's stand where it is named.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/variables</remarks>
internal static class VariableSchema
{
    public static IReadOnlyList<PipelineVariable> Read(MappingReader owner, SchemaScope scope)
    {
        List<PipelineVariable> variables = [];
        switch (owner.Node("variables"))
        {
            case null or ScalarNode { IsNull: true }:
                break;
            case MappingNode mapping:
                variables.AddRange(owner.Texts("variables").Select(v =>
                    new PipelineVariable(v.Key, v.Value, false, mapping.Entries.First(e => e.Key.Value == v.Key).Value.Position)));
                break;
            case SequenceNode { Items: var items }:
                variables.AddRange(items.SelectMany(i => ReadItem(i, scope)));
                break;
            case var other:
                scope.Errors.Add(other.Position, Unexpected.Text(other));
                break;
        }
        foreach (var variable in variables.Where(v => v.Group is null))
        {
            if (RuntimeText.ExpressionOf(variable.Value) is { } expression)
            {
                Conditions.CheckSyntax(expression, variable.Position, scope.Errors, ofVariable: true);
            }
        }
        return variables;
    }

    private static IEnumerable<PipelineVariable> ReadItem(YamlNode item, SchemaScope scope)
    {
        if (KindOf.Node(item, KnownKeys.VariableKinds, scope.Errors) is not { Entries: [{ Key.Value: var kind }, ..] } mapping)
        {
            return [];
        }
        return kind == "group"
            ? ReadGroup(new MappingReader(mapping, KnownKeys.Group, scope.Errors), scope)
            : [ReadOne(new MappingReader(mapping, KnownKeys.Variable, scope.Errors))];
    }

    private static PipelineVariable ReadOne(MappingReader reader) => new(
        reader.Text("name") ?? "",
        reader.Text("value") ?? "",
        reader.Flag("readonly") ?? false,
        reader.Scalar("value")?.Position ?? reader.Position);

    private static IEnumerable<PipelineVariable> ReadGroup(MappingReader reader, SchemaScope scope)
    {
        if (reader.Scalar("group") is not { } group)
        {
            return [];
        }
        if (scope.Group(group.Value) is not { } variables)
        {
            scope.Errors.Add(group.Position, $"Variable group {group.Value} was not found or is not authorized for use. {scope.GroupMend}".TrimEnd());
            return [];
        }
        return variables.Select(v =>
            new PipelineVariable(v.Name, v.Value, false, group.Position) { IsSecret = v.IsSecret, Group = group.Value });
    }
}
