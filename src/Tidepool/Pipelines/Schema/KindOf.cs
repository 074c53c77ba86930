using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>Mappings whose first key says what they are.</summary>
internal static class KindOf
{
    /// <summary>The mapping, when it is of the first kind; else null, and an error that refuses another kind or calls the key unknown.</summary>
    public static MappingNode? Node(YamlNode item, IReadOnlyList<string> kinds, PipelineErrors errors)
    {
        if (item is ScalarNode { IsFailed: true })
        {
            return null;
        }
        if (item is not MappingNode { Entries: [{ Key: var kind } first, ..] } mapping)
        {
            errors.Add(item.Position, item is MappingNode ? "Unexpected value ''" : Unexpected.Text(item));
            return null;
        }
        if (kind.Value == kinds[0])
        {
            return mapping;
        }
        if (!kind.IsFailed)
        {
            errors.Add(kind.Position, kinds.Contains(kind.Value) ? Refusal.Of(Named(kind.Value, first.Value)) : $"Unexpected value '{kind.Value}'");
        }
        return null;
    }

    private static string Named(string kind, YamlNode value) =>
        kind == "template" && value is ScalarNode { Value: var path } ? $"{kind}: {path}" : kind;
}
