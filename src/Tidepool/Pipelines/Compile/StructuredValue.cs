using System.Globalization;
using System.Text.RegularExpressions;
using Tidepool.Expressions;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>Between YAML nodes and values of expressions; keeps in mind where each value was written.</summary>
internal sealed partial class StructuredValue(CompileLimits limits)
{
    private readonly Dictionary<ExpressionValue, SourcePosition> _places = new(ReferenceEqualityComparer.Instance);

    /// <summary>The value of an <c>object</c> parameter: plain booleans and numbers are typed, nothing is empty text.</summary>
    public ExpressionValue Of(YamlNode node) => Of(node, ScalarOf);

    /// <summary>The same with every scalar as text.</summary>
    public ExpressionValue TextsOf(YamlNode node) => Of(node, TextOf);

    /// <summary>Nodes for what an expression gave; all of them stand where the expression stood.</summary>
    public YamlNode ToNode(ExpressionValue value, SourcePosition position, TemplateCall? call)
    {
        limits.Event(position);
        SourcePosition? written = _places.TryGetValue(value, out var place) ? place : null;
        var origin = call is null && written is null ? null : new NodeOrigin(call, written);
        YamlNode node = value switch
        {
            ArrayValue { Items: var items } => new SequenceNode([.. items.Select(i => ToNode(i, position, call))], position) { Origin = origin },
            ObjectValue { Properties: var properties } => new MappingNode(
                [.. properties.Select(p => new MappingEntry(Key(p.Key, position, origin), ToNode(p.Value, position, call)))], position)
            {
                Origin = origin,
            },
            // Empty text is as good as nothing: a name that was left empty is no name.
            _ => new ScalarNode(value.ToText(), value is NullValue or StringValue { Value: "" } ? ScalarStyle.Plain : ScalarStyle.Quoted, position)
            {
                Origin = origin,
                Result = value,
            },
        };
        limits.Made(node);
        return node;
    }

    private static ScalarNode Key(string text, SourcePosition position, NodeOrigin? origin) =>
        new(text, ScalarStyle.Quoted, position) { Origin = origin, Result = ExpressionValue.Of(text) };

    private ExpressionValue Of(YamlNode node, Func<ScalarNode, ExpressionValue> ofScalar)
    {
        var value = node switch
        {
            MappingNode { Entries: var entries } =>
                new ObjectValue(entries.Select(e => KeyValuePair.Create(e.Key.Value, Of(e.Value, ofScalar)))),
            SequenceNode { Items: var items } => new ArrayValue([.. items.Select(i => Of(i, ofScalar))]),
            ScalarNode scalar => ofScalar(scalar),
            _ => throw new InvalidOperationException($"Unhandled {node.GetType().Name}."),
        };
        limits.Made(node);
        _places.TryAdd(value, node.Origin?.Value ?? node.Position);
        return value;
    }

    private static ExpressionValue ScalarOf(ScalarNode scalar) => scalar switch
    {
        { Result: { } result and not NullValue } => result,
        { IsNull: true } => ExpressionValue.Of(""),
        { Style: ScalarStyle.Plain, Value: var text } when bool.TryParse(text, out var flag) => new BooleanValue(flag),
        { Style: ScalarStyle.Plain, Value: var text } when PlainNumber().IsMatch(text) =>
            ExpressionValue.Of(decimal.Parse(text, CultureInfo.InvariantCulture)),
        _ => ExpressionValue.Of(scalar.Value),
    };

    private static ExpressionValue TextOf(ScalarNode scalar) => scalar switch
    {
        { Result: StringValue result } => result,
        { IsNull: true } => ExpressionValue.Of(""),
        _ => ExpressionValue.Of(scalar.Value),
    };

    [GeneratedRegex(@"^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainNumber();
}
