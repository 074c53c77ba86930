using System.Globalization;
using System.Text.RegularExpressions;
using Tidepool.Expressions;
using Tidepool.Pipelines.Schema;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>Gives every declared parameter its value: the run's, or its default.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/parameters-parameter. The texts of the errors are seen in public
/// reports of the service; not confirmed by Microsoft.
/// </remarks>
internal sealed partial class ParameterBinder(IReadOnlyDictionary<string, string> given, PipelineErrors errors)
{
    private static readonly string[] OtherTypes =
    [
        "step", "stepList", "job", "jobList", "deployment", "deploymentList", "stage", "stageList", "container", "containerList",
        "stringList", "environment", "filePath", "pool", "secureFile", "serviceConnection",
    ];

    private readonly List<KeyValuePair<string, ExpressionValue>> _bound = [];

    /// <summary>The <c>parameters</c> context.</summary>
    /// <param name="declarations">The value of the key <c>parameters</c>; null when the file has none.</param>
    public ObjectValue Bind(YamlNode? declarations)
    {
        switch (declarations)
        {
            case SequenceNode { Items: var items }:
                DuplicateKeys.Check(declarations, errors);
                foreach (var item in items)
                {
                    BindOne(item);
                }
                break;
            case null or ScalarNode { IsNull: true }:
                break;
            default:
                errors.Add(declarations.Position, Unexpected.Text(declarations));
                break;
        }
        foreach (var name in given.Keys.Where(name => !IsBound(name)))
        {
            errors.Add(null, $"Unexpected parameter '{name}'");
        }
        return new ObjectValue(_bound) { MissIsError = true };
    }

    private bool IsBound(string name) => _bound.Any(b => b.Key.Equals(name, StringComparison.OrdinalIgnoreCase));

    private void BindOne(YamlNode declaration)
    {
        if (declaration is not MappingNode { Entries: [{ Key.Value: "name" }, ..] } mapping)
        {
            YamlNode found = declaration is MappingNode { Entries: [{ Key: var first }, ..] } ? first : declaration;
            errors.Add(found.Position, Unexpected.Text(found));
            return;
        }
        var reader = new MappingReader(mapping, KnownKeys.Parameter, errors);
        var name = reader.Text("name") ?? "";
        if (IsBound(name))
        {
            errors.Add(declaration.Position, $"The '{name}' parameter is declared more than once in the parameter list.");
            return;
        }
        var type = reader.Text("type") ?? "string";
        if (type is not ("string" or "number" or "boolean" or "object"))
        {
            errors.Add(mapping["type"]!.Position, OtherTypes.Contains(type) ? Refusal.Of($"type: {type}") : $"Unexpected value '{type}'");
            _bound.Add(KeyValuePair.Create(name, ExpressionValue.Null));
            return;
        }
        _bound.Add(KeyValuePair.Create(name, ValueOf(name, type, mapping) ?? ExpressionValue.Null));
    }

    private ExpressionValue? ValueOf(string name, string type, MappingNode mapping)
    {
        var fallback = mapping["default"] is { } written ? ReadDefault(name, type, written) : null;
        if (fallback is not null && NotAmong(name, type, fallback, mapping["values"]) is { } foreign)
        {
            errors.Add(mapping["default"]!.Position, foreign);
        }
        if (given.FirstOrDefault(g => g.Key.Equals(name, StringComparison.OrdinalIgnoreCase)) is { Key: not null, Value: var text })
        {
            var value = ReadGiven(type, text);
            if ((value is null ? Invalid(name, text, type) : NotAmong(name, type, value, mapping["values"])) is { } fault)
            {
                errors.Add(mapping.Position, fault);
            }
            return value;
        }
        if (mapping["default"] is null)
        {
            errors.Add(mapping.Position, $"A value for the '{name}' parameter must be provided.");
        }
        return fallback;
    }

    private ExpressionValue? ReadDefault(string name, string type, YamlNode written)
    {
        if (FoldExpressions(written) is not { } literal)
        {
            errors.Add(written.Position, "A template expression is not allowed in this context");
            return null;
        }
        if (type == "object")
        {
            return StructuredValue.Of(literal);
        }
        if (literal is not ScalarNode scalar)
        {
            errors.Add(written.Position, Unexpected.Text(literal));
            return null;
        }
        var text = scalar.IsNull ? "" : scalar.Value;
        var value = Convert(type, text);
        if (value is null)
        {
            errors.Add(written.Position, Invalid(name, text, type));
        }
        return value;
    }

    /// <summary>A default holds no expression, except that the whole of it may be one string literal; null when it holds another.</summary>
    private static YamlNode? FoldExpressions(YamlNode node)
    {
        switch (node)
        {
            case ScalarNode scalar when TemplateText.HasExpression(scalar.Value):
                var whole = TemplateText.Parse(scalar.Value, out _)?.WholeExpression ?? "";
                return StringLiteral().Match(whole) is { Success: true } match
                    ? scalar with { Value = match.Groups[1].Value.Replace("''", "'", StringComparison.Ordinal), Style = ScalarStyle.Quoted }
                    : null;
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

    private static ExpressionValue? ReadGiven(string type, string text) =>
        type == "object" ? StructuredValue.Parse(text) : Convert(type, text);

    private static ExpressionValue? Convert(string type, string text) => type switch
    {
        "boolean" => bool.TryParse(text, out var flag) && text.Trim().Length == text.Length ? ExpressionValue.Of(flag) : null,
        "number" => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? ExpressionValue.Of(number)
            : null,
        _ => ExpressionValue.Of(text),
    };

    private static string Invalid(string name, string text, string type) =>
        $"The '{name}' parameter value '{text}' is not a valid {char.ToUpperInvariant(type[0])}{type[1..]}.";

    private static string? NotAmong(string name, string type, ExpressionValue value, YamlNode? values) =>
        type == "object" || values is not SequenceNode { Items: var items }
        || items.OfType<ScalarNode>().Any(i => Convert(type, i.Value)?.ToText() == value.ToText())
            ? null
            : $"The '{name}' parameter value '{value.ToText()}' is not a valid value.";

    [GeneratedRegex("^'((?:[^']|'')*)'$", RegexOptions.CultureInvariant)]
    private static partial Regex StringLiteral();
}
