using Tidepool.Expressions;
using Tidepool.Pipelines.Schema;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>Replaces <c>${{ }}</c> and templates in one walk over the document, in its order: an expression sees the variables before it.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/template-expressions</remarks>
internal sealed partial class Expander
{
    private readonly PipelineErrors _errors;
    private readonly ParsedTexts _texts;
    private readonly TemplateFiles _files;
    private readonly CompileLimits _limits = new();
    private readonly StructuredValue _structure;
    private readonly IReadOnlyDictionary<string, string> _given;
    private CompileVariables _variables;
    private CompileScope _scope;

    private Expander(PipelineSource source, PipelineErrors errors)
    {
        _errors = errors;
        _texts = new ParsedTexts();
        _files = new TemplateFiles(source.Files, _texts, errors);
        _structure = new StructuredValue(_limits);
        _variables = new CompileVariables(source.Variables);
        _given = source.Parameters;
        _scope = new CompileScope(new TemplatePath(TemplatePath.Self, source.File), new ObjectValue([]), null);
    }

    /// <summary>The pipeline as one document, without expressions, templates and <c>parameters</c>; null, and errors, when there is no document.</summary>
    public static YamlNode? Expand(PipelineSource source, PipelineErrors errors)
    {
        var expander = new Expander(source, errors);
        try
        {
            return expander.ExpandRoot();
        }
        catch (CompileLimitException e)
        {
            errors.Add(e.Position, e.Message);
            return null;
        }
    }

    private YamlNode? ExpandRoot()
    {
        if (_files.LoadRoot(_scope.File) is not { } root)
        {
            return null;
        }
        var parameters = new ParameterBinder(_structure, _errors, Typed).BindRun((root as MappingNode)?["parameters"], _given);
        _scope = new CompileScope(_scope.File, parameters, null);
        return Expand(root, Place.Pipeline);
    }

    private YamlNode Expand(YamlNode node, Place place)
    {
        _limits.Event(node.Position);
        if (place == Place.Literal)
        {
            DuplicateKeys.Check(node, _errors);
            RefuseExpressions(node);
            return node;
        }
        return node switch
        {
            ScalarNode scalar => ExpandScalar(scalar, place),
            SequenceNode sequence => Made(new SequenceNode(ExpandItems(sequence.Items, place), sequence.Position) { Origin = OriginOf(sequence) }),
            MappingNode mapping => ExpandMapping(mapping, place),
            _ => throw new InvalidOperationException($"Unhandled {node.GetType().Name}."),
        };
    }

    private void RefuseExpressions(YamlNode node)
    {
        switch (node)
        {
            case ScalarNode scalar when IsTemplate(scalar):
                _errors.Add(scalar.Position, "A template expression is not allowed in this context");
                break;
            case SequenceNode { Items: var items }:
                foreach (var item in items)
                {
                    RefuseExpressions(item);
                }
                break;
            case MappingNode { Entries: var entries }:
                foreach (var (key, value) in entries)
                {
                    RefuseExpressions(key);
                    RefuseExpressions(value);
                }
                break;
        }
    }

    private NodeOrigin? OriginOf(YamlNode node) => node.Origin ?? _scope.Origin;

    private T Made<T>(T node)
        where T : YamlNode
    {
        _limits.Made(node);
        return node;
    }

    private MappingNode ExpandMapping(MappingNode mapping, Place place)
    {
        var outer = _variables;
        if (place.HasVariables)
        {
            _variables = _variables.Inner();
        }
        var body = new MappingBody(place);
        foreach (var part in InOrder(mapping.Entries, place))
        {
            AddEntries(part, body, isOutermost: true);
        }
        if (body.Extends is { } extends)
        {
            body.Source = null;
            Extend(extends, body);
        }
        _variables = outer;
        var expanded = Made(new MappingNode(body.InOrder(mapping.Entries), mapping.Position) { Origin = OriginOf(mapping) });
        if (place == Place.Variables.Item && expanded["name"] is ScalarNode name && expanded["value"] is ScalarNode value)
        {
            _variables.Declare(name.Value, value.IsNull ? "" : value.Value);
        }
        return expanded;
    }

    /// <summary>Variables are known to all of a pipeline, stage or job, and repositories to all of a pipeline, wherever they stand in it.</summary>
    /// <remarks>Inferred: seen of other readers of these files.</remarks>
    private static IEnumerable<IReadOnlyList<MappingEntry>> InOrder(IReadOnlyList<MappingEntry> entries, Place place)
    {
        if (place != Place.Pipeline && !place.HasVariables)
        {
            return [entries];
        }
        static bool IsFirst(MappingEntry entry) => entry.Key.Value is "resources" or "variables";
        return [[.. entries.Where(e => e.Key.Value == "resources")], [.. entries.Where(e => e.Key.Value == "variables")], [.. entries.Where(e => !IsFirst(e))]];
    }

    private void AddEntry(MappingEntry entry, MappingBody body)
    {
        if (body.Place == Place.Pipeline && entry.Key.Value == "parameters")
        {
            return;
        }
        var key = ExpandKey(entry.Key);
        if (!key.IsFailed && !body.Names.Add(key.Value))
        {
            _errors.Add(entry.Key.Position, $"'{key.Value}' is already defined");
            return;
        }
        if (body.Place == Place.Pipeline && key.Value == "extends")
        {
            body.Extends = entry;
            return;
        }
        var value = Expand(entry.Value, body.Place.Of(key.Value));
        body.Add(new MappingEntry(key, value));
        if (body.Place == Place.Variables && value is ScalarNode { Value: var text } scalar)
        {
            _variables.Declare(key.Value, scalar.IsNull ? "" : text);
        }
        else if (body.Place == Place.Pipeline && key.Value == "resources")
        {
            _files.AddRepositories(value);
        }
    }

    private YamlNode ExpandScalar(ScalarNode scalar, Place place)
    {
        if (!IsTemplate(scalar))
        {
            return scalar.Origin is null && _scope.Origin is { } origin ? Made(scalar with { Origin = origin }) : Made(scalar);
        }
        if (WholeExpression(scalar) is not { } whole)
        {
            return ExpandText(scalar);
        }
        if (Evaluate(whole, scalar) is not { } value)
        {
            return Failed(scalar);
        }
        var node = _structure.ToNode(value, scalar.Position, _scope.Call);
        return place == Place.Other || node is ScalarNode ? node : Expand(node, place);
    }

    private ScalarNode ExpandKey(ScalarNode key)
    {
        if (!IsTemplate(key))
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
                return Made(key with { Value = value.ToText(), Style = ScalarStyle.Quoted, Result = value, Origin = OriginOf(key) });
        }
    }

    private ScalarNode ExpandText(ScalarNode scalar)
    {
        if (_texts.Text(scalar.Value) is not { } template)
        {
            _errors.Add(scalar.Position, TemplateText.NotClosed);
            return Failed(scalar);
        }
        var texts = template.Parts.Select(part => part.IsExpression ? EvaluateInText(part.Text, scalar) : part.Text).ToList();
        if (texts.Contains(null))
        {
            return Failed(scalar);
        }
        var text = string.Concat(texts);
        return Made(scalar with { Value = text, Style = ScalarStyle.Quoted, Result = ExpressionValue.Of(text), Origin = OriginOf(scalar) });
    }

    private string? EvaluateInText(string expression, ScalarNode scalar)
    {
        if (_texts.Directive(expression) is { } directive)
        {
            _errors.Add(scalar.Position, TemplateText.InlineDirective(directive.Kind));
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

    private static bool IsTemplate(ScalarNode scalar) => scalar.Result is null && !scalar.IsFailed && TemplateText.HasExpression(scalar.Value);

    private string? WholeExpression(ScalarNode scalar) => IsTemplate(scalar) ? _texts.Text(scalar.Value)?.WholeExpression : null;

    private static ScalarNode Failed(ScalarNode scalar) => scalar with { IsFailed = true };

    private ExpressionValue? Evaluate(string expression, ScalarNode scalar)
    {
        if (_texts.Directive(expression) is not null)
        {
            _errors.Add(scalar.Position, $"Unexpected value '{scalar.Value}'");
            return null;
        }
        return EvaluateAt(expression, scalar);
    }

    private ExpressionValue? EvaluateAt(string expression, ScalarNode at)
    {
        try
        {
            var parsed = _texts.Expression(expression);
            _scope.Exchange("variables", _variables.Value);
            return parsed.EvaluateValue(_scope.Context, ref _limits.Characters);
        }
        catch (ExpressionException e)
        {
            if (_limits.Characters <= 0)
            {
                throw new CompileLimitException(at.Position, e.Message);
            }
            _errors.Add(at.Position, e.Message);
            return null;
        }
    }
}
