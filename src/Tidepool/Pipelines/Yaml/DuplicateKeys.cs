namespace Tidepool.Pipelines.Yaml;

/// <summary>Keys that a mapping has twice; case is ignored.</summary>
internal static class DuplicateKeys
{
    public static void Check(YamlNode node, PipelineErrors errors)
    {
        switch (node)
        {
            case SequenceNode { Items: var items }:
                foreach (var item in items)
                {
                    Check(item, errors);
                }
                break;
            case MappingNode { Entries: var entries }:
                var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
                foreach (var (key, value) in entries)
                {
                    if (!names.Add(key.Value))
                    {
                        errors.Add(key.Position, $"'{key.Value}' is already defined");
                    }
                    Check(value, errors);
                }
                break;
        }
    }
}
