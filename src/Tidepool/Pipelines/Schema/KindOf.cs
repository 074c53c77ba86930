using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>Mappings whose first key says what they are.</summary>
internal static class KindOf
{
    /// <summary>The mapping when its first key is one of the kinds; else null, and an error about its kind.</summary>
    /// <remarks>Templates are expanded before this; one that is left was not allowed where it stands.</remarks>
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
        if (kind.Value != "template" && kinds.Contains(kind.Value))
        {
            return mapping;
        }
        if (!kind.IsFailed)
        {
            var isTemplate = kind.Value == "template" && kinds.Contains("template");
            errors.Add(kind.Position, isTemplate ? Refusal.Of(Named(kind.Value, first.Value)) : $"Unexpected value '{kind.Value}'");
        }
        return null;
    }

    /// <summary>The names that a list gives its mappings under any of the keys.</summary>
    public static HashSet<string> NamesIn(IReadOnlyList<YamlNode> items, params IReadOnlyList<string> keys) => new(
        items.OfType<MappingNode>().SelectMany(m => keys.Select(k => m[k])).OfType<ScalarNode>().Select(s => s.Value),
        StringComparer.OrdinalIgnoreCase);

    private static string Named(string kind, YamlNode value) =>
        kind == "template" && value is ScalarNode { Value: var path } ? $"{kind}: {path}" : kind;
}
