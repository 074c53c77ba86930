using System.Text.RegularExpressions;
using Tidepool.Expressions;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Schema;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>Gives every declared parameter its value: the one that was passed, or its default.</summary>
/// <param name="structure">Makes values of nodes.</param>
/// <param name="errors">What does not fit is told here.</param>
/// <param name="open">Opens the templates in a literal that stands at a place.</param>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/parameters-parameter. The texts of the errors are seen in public
/// reports of the service; not confirmed by Microsoft. That a template without declarations takes whatever it is given, as one with the
/// mapping form does, is inferred from public templates that rely on it.
/// </remarks>
internal sealed partial class ParameterBinder(StructuredValue structure, PipelineErrors errors, Func<YamlNode, Place, YamlNode> open)
{
    private static readonly string[] Keys = ["name", "displayName", "type", "default", "values"];

    private readonly List<KeyValuePair<string, ExpressionValue>> _bound = [];

    /// <summary>The places of a template's parameters, by name; empty for those that may be anything.</summary>
    public static IReadOnlyDictionary<string, Place> PlacesOf(YamlNode? declarations)
    {
        var places = new Dictionary<string, Place>(StringComparer.OrdinalIgnoreCase);
        foreach (var mapping in (declarations as SequenceNode)?.Items.OfType<MappingNode>() ?? [])
        {
            if (mapping["name"] is ScalarNode { Value: var name } && mapping["type"] is ScalarNode { Value: var type })
            {
                places[name] = ParameterType.Find(type)?.ValuePlace ?? Place.Other;
            }
        }
        return places;
    }

    /// <summary>The <c>parameters</c> context of a run.</summary>
    /// <param name="declarations">The value of the key <c>parameters</c>; null when the file has none.</param>
    /// <param name="given">The run's values, as typed: JSON or YAML for an object; names ignore case.</param>
    public ObjectValue BindRun(YamlNode? declarations, IReadOnlyDictionary<string, string> given)
    {
        if (declarations is not (null or SequenceNode or ScalarNode { IsNull: true }))
        {
            errors.Add(declarations.Position, Unexpected.Text(declarations));
        }
        var passed = new Dictionary<string, YamlNode>(StringComparer.OrdinalIgnoreCase);
        var types = TypesOf(declarations);
        foreach (var (name, text) in given)
        {
            passed[name] = Typed(text, types.GetValueOrDefault(name) ?? ParameterType.Text);
        }
        BindList(declarations, passed, callPosition: null);
        foreach (var name in given.Keys.Where(name => !IsBound(name)))
        {
            errors.Add(null, $"Unexpected parameter '{name}'");
        }
        return new ObjectValue(_bound) { MissIsError = true };
    }

    /// <summary>The <c>parameters</c> context of a template.</summary>
    /// <param name="declarations">The value of the key <c>parameters</c>; null when the file has none.</param>
    /// <param name="given">What it is given, expressions and templates done.</param>
    /// <param name="call">Where it is asked for.</param>
    public ObjectValue BindTemplate(YamlNode? declarations, IReadOnlyList<MappingEntry> given, SourcePosition call)
    {
        if (declarations is SequenceNode)
        {
            var passed = new Dictionary<string, YamlNode>(StringComparer.OrdinalIgnoreCase);
            foreach (var (key, value) in given)
            {
                passed[key.Value] = value;
            }
            BindList(declarations, passed, call);
            foreach (var (key, _) in given.Where(g => !g.Key.IsFailed && !IsBound(g.Key.Value)))
            {
                errors.Add(key.Position, $"Unexpected parameter '{key.Value}'");
            }
            return new ObjectValue(_bound) { MissIsError = true };
        }
        foreach (var (key, value) in given)
        {
            _bound.Add(KeyValuePair.Create(key.Value, structure.TextsOf(value)));
        }
        switch (declarations)
        {
            case MappingNode { Entries: var entries }:
                DuplicateKeys.Check(declarations, errors);
                foreach (var (key, value) in entries.Where(e => !IsBound(e.Key.Value)))
                {
                    if (FoldExpressions(value) is { } literal)
                    {
                        _bound.Add(KeyValuePair.Create(key.Value, structure.TextsOf(literal)));
                    }
                    else
                    {
                        errors.Add(value.Position, "A template expression is not allowed in this context");
                    }
                }
                break;
            case null or ScalarNode { IsNull: true }:
                break;
            default:
                errors.Add(declarations.Position, Unexpected.Text(declarations));
                break;
        }
        return new ObjectValue(_bound);
    }

    private static Dictionary<string, ParameterType?> TypesOf(YamlNode? declarations)
    {
        var types = new Dictionary<string, ParameterType?>(StringComparer.OrdinalIgnoreCase);
        foreach (var mapping in (declarations as SequenceNode)?.Items.OfType<MappingNode>() ?? [])
        {
            if (mapping["name"] is ScalarNode { Value: var name })
            {
                types[name] = mapping["type"] is ScalarNode { Value: var type } ? ParameterType.Find(type) : ParameterType.Text;
            }
        }
        return types;
    }

    /// <summary>What was typed for a parameter; text that is neither JSON nor YAML stays text.</summary>
    private YamlNode Typed(string text, ParameterType type)
    {
        var scalar = new ScalarNode(text, ScalarStyle.Quoted, default) { Result = ExpressionValue.Of(text) };
        return !type.IsScalar && YamlReader.Read("", text, new PipelineErrors()) is { } node ? Literal(node) : scalar;
    }

    /// <summary>The same, with no expressions: what somebody types is no part of the pipeline.</summary>
    private YamlNode Literal(YamlNode node) => node switch
    {
        ScalarNode scalar => scalar with { Result = structure.Of(scalar) },
        SequenceNode sequence => sequence with { Items = [.. sequence.Items.Select(Literal)] },
        MappingNode mapping => mapping with
        {
            Entries = [.. mapping.Entries.Select(e => new MappingEntry((ScalarNode)Literal(e.Key with { Style = ScalarStyle.Quoted }), Literal(e.Value)))],
        },
        _ => node,
    };

    private void BindList(YamlNode? declarations, Dictionary<string, YamlNode> passed, SourcePosition? callPosition)
    {
        if (declarations is not SequenceNode { Items: var items })
        {
            return;
        }
        DuplicateKeys.Check(declarations, errors);
        foreach (var item in items)
        {
            BindOne(item, passed, callPosition);
        }
    }

    private bool IsBound(string name) => _bound.Exists(b => b.Key.Equals(name, StringComparison.OrdinalIgnoreCase));

    private void BindOne(YamlNode declaration, Dictionary<string, YamlNode> passed, SourcePosition? callPosition)
    {
        if (declaration is not MappingNode mapping || mapping["name"] is not ScalarNode { Value: var name })
        {
            YamlNode found = declaration is MappingNode { Entries: [{ Key: var first }, ..] } ? first : declaration;
            errors.Add(found.Position, Unexpected.Text(found));
            return;
        }
        foreach (var (key, _) in mapping.Entries.Where(e => !Keys.Contains(e.Key.Value)))
        {
            errors.Add(key.Position, $"Unexpected value '{key.Value}'");
        }
        if (IsBound(name))
        {
            errors.Add(declaration.Position, $"The '{name}' parameter is declared more than once in the parameter list.");
            return;
        }
        var type = TypeOf(mapping);
        var value = type is null ? null : ValueOf(name, type, mapping, passed.GetValueOrDefault(name), callPosition);
        _bound.Add(KeyValuePair.Create(name, value ?? ExpressionValue.Null));
    }

    private ParameterType? TypeOf(MappingNode mapping)
    {
        switch (mapping["type"])
        {
            case null or ScalarNode { IsNull: true }:
                return ParameterType.Text;
            case ScalarNode { Value: var written } when ParameterType.Find(written) is { } type:
                return type;
            case var unknown:
                errors.Add(unknown.Position, Unexpected.Text(unknown));
                return null;
        }
    }

    private ExpressionValue? ValueOf(string name, ParameterType type, MappingNode mapping, YamlNode? passed, SourcePosition? callPosition)
    {
        var values = ReadValues(mapping["values"]);
        var fallback = mapping["default"] is { } written ? ReadDefault(name, type, written, values) : null;
        if (passed is not null)
        {
            // What the run passes stands in no file: the declaration is where a reader looks.
            var value = type.Read(name, passed, structure, out var fault);
            if (fault is { } wrong)
            {
                errors.Add(callPosition is null ? mapping.Position : wrong.At.Position, wrong.Text);
            }
            else if (NotAmong(name, type, value!, values) is { } foreign)
            {
                errors.Add(callPosition is null ? mapping.Position : passed.Position, foreign);
            }
            return value;
        }
        if (mapping["default"] is null)
        {
            errors.Add(callPosition ?? mapping.Position, $"A value for the '{name}' parameter must be provided.");
        }
        return fallback;
    }

    private ExpressionValue? ReadDefault(string name, ParameterType type, YamlNode written, IReadOnlyList<string>? values)
    {
        if (FoldExpressions(written) is not { } literal)
        {
            errors.Add(written.Position, "A template expression is not allowed in this context");
            return null;
        }
        var opened = type.Place == Place.Other ? literal : open(literal, type.ValuePlace);
        var value = type.Read(name, opened, structure, out var fault);
        if (fault is { } wrong)
        {
            errors.Add(wrong.At.Position, wrong.Text);
        }
        else if (NotAmong(name, type, value!, values) is { } foreign)
        {
            errors.Add(written.Position, foreign);
        }
        return value;
    }

    /// <summary>A default holds no expression, except that the whole of it may be one string literal; null when it holds another.</summary>
    private static YamlNode? FoldExpressions(YamlNode node)
    {
        switch (node)
        {
            case ScalarNode { Result: null } scalar when TemplateText.HasExpression(scalar.Value):
                var whole = TemplateText.Parse(scalar.Value, out _)?.WholeExpression ?? "";
                if (StringLiteral().Match(whole) is not { Success: true } match)
                {
                    return null;
                }
                var text = match.Groups[1].Value.Replace("''", "'", StringComparison.Ordinal);
                return scalar with { Value = text, Style = ScalarStyle.Quoted, Result = ExpressionValue.Of(text) };
            case SequenceNode sequence:
                var items = sequence.Items.Select(FoldExpressions).OfType<YamlNode>().ToList();
                return items.Count == sequence.Items.Count ? sequence with { Items = items } : null;
            case MappingNode mapping:
                var entries = mapping.Entries
                    .Where(e => !TemplateText.HasExpression(e.Key.Value))
                    .Select(e => FoldExpressions(e.Value) is { } value ? e with { Value = value } : null)
                    .OfType<MappingEntry>().ToList();
                return entries.Count == mapping.Entries.Count ? mapping with { Entries = entries } : null;
            default:
                return node;
        }
    }

    private List<string>? ReadValues(YamlNode? values)
    {
        switch (values)
        {
            case null or ScalarNode { IsNull: true }:
                return null;
            case SequenceNode { Items: var items }:
                return [.. items.OfType<ScalarNode>().Select(i => i.Value)];
            default:
                errors.Add(values.Position, Unexpected.Text(values));
                return null;
        }
    }

    /// <summary>Case matters.</summary>
    private static string? NotAmong(string name, ParameterType type, ExpressionValue value, IReadOnlyList<string>? values)
    {
        if (values is null || !(type.IsScalar || type.Name == "stringList"))
        {
            return null;
        }
        var texts = value is ArrayValue { Items: var items } ? items.Select(i => i.TryToText() ?? "") : [value.TryToText() ?? ""];
        return texts.FirstOrDefault(t => !values.Any(v => (type.IsScalar ? type.Convert(v)?.ToText() : v) == t)) is { } foreign
            ? $"The '{name}' parameter value '{foreign}' is not a valid value."
            : null;
    }

    [GeneratedRegex("^'((?:[^']|'')*)'$", RegexOptions.CultureInvariant)]
    private static partial Regex StringLiteral();
}
