using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>Mappings whose first key says what they are.</summary>
internal static class KindOf
{
    /// <summary>The mapping when it is of the first kind; else null, and an error about its kind.</summary>
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
            var known = kinds.Contains(kind.Value);
            errors.Add(kind.Position, known ? Refusal.Of(Named(kind.Value, first.Value)) : $"Unexpected value '{kind.Value}'");
        }
        return null;
    }

    /// <summary>The names that a list gives its mappings under a key.</summary>
    public static HashSet<string> NamesIn(IReadOnlyList<YamlNode> items, string key) => new(
        items.OfType<MappingNode>().Select(m => m[key]).OfType<ScalarNode>().Select(s => s.Value), StringComparer.OrdinalIgnoreCase);

    private static string Named(string kind, YamlNode value) =>
        kind == "template" && value is ScalarNode { Value: var path } ? $"{kind}: {path}" : kind;
}
