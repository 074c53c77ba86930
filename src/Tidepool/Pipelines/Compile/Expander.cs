using Tidepool.Expressions;
using Tidepool.Pipelines.Schema;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>Replaces <c>${{ }}</c> in one walk over the document, in its order: an expression sees the variables before it.</summary>
internal sealed class Expander
{
    private enum Place
    {
        Pipeline,
        Stages,
        Stage,
        Jobs,
        Job,
        Variables,
        Variable,
        Other,
    }

    private readonly PipelineErrors _errors;
    private readonly ObjectValue _parameters;
    private readonly IReadOnlyDictionary<string, string> _predefined;
    private Dictionary<string, string> _variables;

    public Expander(ObjectValue parameters, IReadOnlyDictionary<string, string> predefined, PipelineErrors errors)
    {
        (_parameters, _errors) = (parameters, errors);
        _predefined = new Dictionary<string, string>(predefined, StringComparer.OrdinalIgnoreCase);
        _variables = new(_predefined, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The document without expressions and without its <c>parameters</c>.</summary>
    public YamlNode Expand(YamlNode root) => Expand(root, Place.Pipeline);

    private YamlNode Expand(YamlNode node, Place place) => node switch
    {
        ScalarNode scalar => ExpandScalar(scalar),
        SequenceNode sequence => ExpandSequence(sequence, place),
        MappingNode mapping => ExpandMapping(mapping, place),
        _ => throw new InvalidOperationException($"Unhandled {node.GetType().Name}."),
    };

    private SequenceNode ExpandSequence(SequenceNode sequence, Place place)
    {
        var itemPlace = place switch
        {
            Place.Stages => Place.Stage,
            Place.Jobs => Place.Job,
            Place.Variables => Place.Variable,
            _ => Place.Other,
        };
        List<YamlNode> items = [];
        foreach (var item in sequence.Items)
        {
            if (item is ScalarNode scalar && WholeExpression(scalar) is { } expression)
            {
                // An array is spliced in, nothing inserts nothing; all else is one item.
                switch (Evaluate(expression, scalar))
                {
                    case null:
                        items.Add(Failed(scalar));
                        break;
                    case NullValue:
                        break;
                    case ArrayValue { Items: var values }:
                        items.AddRange(values.Select(v => StructuredValue.ToNode(v, scalar.Position)));
                        break;
                    case var value:
                        items.Add(StructuredValue.ToNode(value, scalar.Position));
                        break;
                }
            }
            else if (item is not MappingNode { Entries: [{ Key: var key } only] } || !RefuseDirective(key, only.Value))
            {
                items.Add(Expand(item, itemPlace));
            }
        }
        return sequence with { Items = items };
    }

    private MappingNode ExpandMapping(MappingNode mapping, Place place)
    {
        var outer = _variables;
        if (place is Place.Stage or Place.Job)
        {
            _variables = new(_variables, StringComparer.OrdinalIgnoreCase);
        }
        List<MappingEntry> entries = [];
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in mapping.Entries)
        {
            if ((place == Place.Pipeline && entry.Key.Value == "parameters") || RefuseDirective(entry.Key, entry.Value))
            {
                continue;
            }
            var key = ExpandKey(entry.Key);
            if (!key.IsFailed && !names.Add(key.Value))
            {
                _errors.Add(entry.Key.Position, $"'{key.Value}' is already defined");
                continue;
            }
            var value = Expand(entry.Value, PlaceOf(key.Value, place));
            entries.Add(new MappingEntry(key, value));
            if (place == Place.Variables && value is ScalarNode { Value: var text })
            {
                Declare(key.Value, text);
            }
        }
        var expanded = mapping with { Entries = entries };
        if (place == Place.Variable && expanded["name"] is ScalarNode name && expanded["value"] is ScalarNode named)
        {
            Declare(name.Value, named.Value);
        }
        if (place is Place.Stage or Place.Job)
        {
            _variables = outer;
        }
        return expanded;
    }

    private static Place PlaceOf(string key, Place place) => (place, key) switch
    {
        (Place.Pipeline, "stages") => Place.Stages,
        (Place.Pipeline or Place.Stage, "jobs") => Place.Jobs,
        (Place.Pipeline or Place.Stage or Place.Job, "variables") => Place.Variables,
        _ => Place.Other,
    };

    /// <summary>A predefined variable keeps its value.</summary>
    private void Declare(string name, string value)
    {
        if (!_predefined.ContainsKey(name))
        {
            _variables[name] = value;
        }
    }

    private YamlNode ExpandScalar(ScalarNode scalar)
    {
        if (!TemplateText.HasExpression(scalar.Value))
        {
            return scalar;
        }
        if (WholeExpression(scalar) is { } whole)
        {
            return Evaluate(whole, scalar) is { } value ? StructuredValue.ToNode(value, scalar.Position) : Failed(scalar);
        }
        return ExpandText(scalar);
    }

    private ScalarNode ExpandKey(ScalarNode key)
    {
        if (!TemplateText.HasExpression(key.Value))
        {
            return key;
        }
        if (WholeExpression(key) is not { } whole)
        {
            return ExpandText(key);
        }
        switch (Evaluate(whole, key))
        {
            case null:
                return Failed(key);
            case ArrayValue or ObjectValue:
                _errors.Add(key.Position, "Expected a scalar value");
                return Failed(key);
            case var value:
                return key with { Value = value.ToText(), Style = ScalarStyle.Quoted };
        }
    }

    private ScalarNode ExpandText(ScalarNode scalar)
    {
        var template = TemplateText.Parse(scalar.Value, out var error);
        if (template is null)
        {
            _errors.Add(scalar.Position, error!);
            return Failed(scalar);
        }
        var texts = template.Parts.Select(part => part.IsExpression ? EvaluateInText(part.Text, scalar) : part.Text).ToList();
        return texts.Contains(null) ? Failed(scalar) : scalar with { Value = string.Concat(texts), Style = ScalarStyle.Quoted };
    }

    private string? EvaluateInText(string expression, ScalarNode scalar)
    {
        if (TemplateText.DirectiveOf(expression) is { } directive)
        {
            _errors.Add(
                scalar.Position,
                $"The directive '{directive}' is not allowed in this context. Directives are not supported for expressions that are "
                + "embedded within a string. Directives are only supported when the entire value is an expression.");
            return null;
        }
        var value = Evaluate(expression, scalar);
        if (value is ArrayValue or ObjectValue)
        {
            _errors.Add(scalar.Position, $"Unable to convert from {value.Kind} to String. Value: {value.Kind}");
            return null;
        }
        return value?.ToText();
    }

    private static string? WholeExpression(ScalarNode scalar) =>
        TemplateText.HasExpression(scalar.Value) ? TemplateText.Parse(scalar.Value, out _)?.WholeExpression : null;

    private static ScalarNode Failed(ScalarNode scalar) => scalar with { IsFailed = true };

    private ExpressionValue? Evaluate(string expression, ScalarNode scalar)
    {
        if (TemplateText.DirectiveOf(expression) is not null)
        {
            _errors.Add(scalar.Position, $"Unexpected value '{scalar.Value}'");
            return null;
        }
        try
        {
            var context = new ExpressionContext
            {
                Values = new Dictionary<string, ExpressionValue>(StringComparer.OrdinalIgnoreCase)
                {
                    ["parameters"] = _parameters,
                    ["variables"] = ExpressionValue.Of(_variables),
                },
            };
            return Expression.Parse(expression, context).Evaluate(context).Value;
        }
        catch (ExpressionException e)
        {
            _errors.Add(scalar.Position, e.Message);
            return null;
        }
    }

    /// <summary>True when the key is a directive; it is then refused, with every one inside it, and its expressions are checked.</summary>
    private bool RefuseDirective(ScalarNode key, YamlNode body)
    {
        if (WholeExpression(key) is not { } expression || TemplateText.DirectiveOf(expression) is not { } directive)
        {
            return false;
        }
        _errors.Add(key.Position, Refusal.Of($"${{{{ {directive} }}}}"));
        CheckSyntax(body);
        return true;
    }

    /// <summary>Wrong syntax is an error even where nothing is evaluated.</summary>
    private void CheckSyntax(YamlNode node)
    {
        switch (node)
        {
            case SequenceNode { Items: var items }:
                foreach (var item in items)
                {
                    CheckSyntax(item);
                }
                break;
            case MappingNode { Entries: var entries }:
                foreach (var entry in entries.Where(e => !RefuseDirective(e.Key, e.Value)))
                {
                    CheckSyntax(entry.Key);
                    CheckSyntax(entry.Value);
                }
                break;
            case ScalarNode scalar:
                CheckSyntax(scalar);
                break;
        }
    }

    private void CheckSyntax(ScalarNode scalar)
    {
        var template = TemplateText.Parse(scalar.Value, out var error);
        if (error is not null)
        {
            _errors.Add(scalar.Position, error);
        }
        foreach (var part in template?.Parts.Where(p => p.IsExpression && TemplateText.DirectiveOf(p.Text) is null) ?? [])
        {
            try
            {
                _ = Expression.Parse(part.Text);
            }
            catch (ExpressionException e)
            {
                _errors.Add(scalar.Position, e.Message);
            }
        }
    }
}
