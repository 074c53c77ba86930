using Tidepool.Expressions;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>Finds wrong syntax in a whole file, for it is an error even where nothing is evaluated.</summary>
internal sealed class SyntaxCheck(ParsedTexts texts, PipelineErrors errors)
{
    public void Check(YamlNode node)
    {
        switch (node)
        {
            case SequenceNode { Items: var items }:
                foreach (var item in items)
                {
                    Check(item);
                }
                break;
            case MappingNode { Entries: var entries }:
                foreach (var (key, value) in entries)
                {
                    CheckText(key, isKey: true);
                    Check(value);
                }
                break;
            case ScalarNode scalar:
                CheckText(scalar, isKey: false);
                break;
        }
    }

    private void CheckText(ScalarNode scalar, bool isKey)
    {
        if (!TemplateText.HasExpression(scalar.Value))
        {
            return;
        }
        if (texts.Text(scalar.Value) is not { } template)
        {
            errors.Add(scalar.Position, TemplateText.NotClosed);
            return;
        }
        foreach (var part in template.Parts.Where(p => p.IsExpression))
        {
            if (Fault(part.Text, isWhole: template.WholeExpression is not null, isKey, scalar) is { } fault)
            {
                errors.Add(scalar.Position, fault);
            }
        }
    }

    private string? Fault(string expression, bool isWhole, bool isKey, ScalarNode scalar)
    {
        if (texts.Directive(expression) is not { } directive)
        {
            return Fault(expression);
        }
        return !isWhole ? TemplateText.InlineDirective(directive.Kind)
            : !isKey ? $"Unexpected value '{scalar.Value}'"
            : directive.Fault ?? (directive.Expression.Length > 0 ? Fault(directive.Expression) : null);
    }

    private string? Fault(string expression)
    {
        try
        {
            _ = texts.Expression(expression);
            return null;
        }
        catch (ExpressionException e)
        {
            return e.Message;
        }
    }
}
