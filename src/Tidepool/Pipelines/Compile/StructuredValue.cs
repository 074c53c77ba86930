using System.Globalization;
using System.Text.RegularExpressions;
using Tidepool.Expressions;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>Between YAML nodes and values of expressions.</summary>
internal static partial class StructuredValue
{
    /// <summary>The value of an <c>object</c> parameter: plain booleans and numbers are typed, nothing is empty text.</summary>
    public static ExpressionValue Of(YamlNode node) => node switch
    {
        MappingNode { Entries: var entries } => new ObjectValue(entries.Select(e => KeyValuePair.Create(e.Key.Value, Of(e.Value)))),
        SequenceNode { Items: var items } => new ArrayValue([.. items.Select(Of)]),
        ScalarNode { IsNull: true } => ExpressionValue.Of(""),
        ScalarNode { Style: ScalarStyle.Plain, Value: var text } when bool.TryParse(text, out var flag) => ExpressionValue.Of(flag),
        ScalarNode { Style: ScalarStyle.Plain, Value: var text } when PlainNumber().IsMatch(text) =>
            ExpressionValue.Of(decimal.Parse(text, CultureInfo.InvariantCulture)),
        ScalarNode { Value: var text } => ExpressionValue.Of(text),
        _ => throw new InvalidOperationException($"Unhandled {node.GetType().Name}."),
    };

    /// <summary>The value of an <c>object</c> parameter that was typed as JSON or YAML; text that is neither stays text.</summary>
    public static ExpressionValue Parse(string text) =>
        YamlReader.Read("", text, new PipelineErrors()) is { } node ? Of(node) : ExpressionValue.Of(text);

    /// <summary>Nodes for what an expression gave; all of them stand where the expression stood.</summary>
    public static YamlNode ToNode(ExpressionValue value, SourcePosition position) => value switch
    {
        ArrayValue { Items: var items } => new SequenceNode([.. items.Select(i => ToNode(i, position))], position),
        ObjectValue { Properties: var properties } => new MappingNode(
            [.. properties.Select(p => new MappingEntry(Text(p.Key, position), ToNode(p.Value, position)))], position),
        _ => Text(value.ToText(), position),
    };

    private static ScalarNode Text(string text, SourcePosition position) => new(text, ScalarStyle.Quoted, position);

    [GeneratedRegex(@"^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainNumber();
}
