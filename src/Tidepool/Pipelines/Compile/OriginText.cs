using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>Says where a node came from, as in <c>steps/build.yml:3, via azure-pipelines.yml:7, value from azure-pipelines.yml:9</c>.</summary>
internal static class OriginText
{
    public static string Of(YamlNode node) =>
        Of(node.Position)
        + string.Concat(Calls(node).Select(c => $", via {Of(c)}"))
        + (node.Origin?.Value is { } value ? $", value from {Of(value)}" : "");

    /// <summary>The uses of templates around a node, the nearest first.</summary>
    public static IEnumerable<SourcePosition> Calls(YamlNode node)
    {
        for (var call = node.Origin?.Call; call is not null; call = call.Outer)
        {
            yield return call.Position;
        }
    }

    /// <summary>A place as a path in its repository and a line.</summary>
    public static string Of(SourcePosition position) => $"{position.File.TrimStart('/')}:{position.Line}";
}
