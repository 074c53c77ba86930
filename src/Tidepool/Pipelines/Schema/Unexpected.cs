using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>The service's words for a node where another kind is wanted.</summary>
internal static class Unexpected
{
    public static string Text(YamlNode found) => found switch
    {
        SequenceNode => "A sequence was not expected",
        MappingNode => "A mapping was not expected",
        ScalarNode { IsNull: true } => "Unexpected value ''",
        ScalarNode { Value: var text } => $"Unexpected value '{text}'",
        _ => throw new InvalidOperationException($"Unhandled {found.GetType().Name}."),
    };
}
