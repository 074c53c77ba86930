using Tidepool.Expressions;

namespace Tidepool.Pipelines.Compile;

/// <summary>Texts and expressions of one pipeline, each parsed once however often a loop comes by.</summary>
internal sealed class ParsedTexts
{
    private readonly Dictionary<string, TemplateText?> _texts = [];
    private readonly Dictionary<string, Directive?> _directives = [];
    private readonly Dictionary<string, Expression> _expressions = [];

    /// <summary>The parts of a text; null when it is not closed.</summary>
    public TemplateText? Text(string text)
    {
        if (!_texts.TryGetValue(text, out var parsed))
        {
            _texts[text] = parsed = TemplateText.Parse(text, out _);
        }
        return parsed;
    }

    /// <summary>The directive that an expression is; null for a plain one.</summary>
    public Directive? Directive(string expression)
    {
        if (!_directives.TryGetValue(expression, out var parsed))
        {
            _directives[expression] = parsed = Compile.Directive.Of(expression);
        }
        return parsed;
    }

    /// <exception cref="ExpressionException">The syntax is wrong.</exception>
    public Expression Expression(string expression)
    {
        if (expression.Length == 0)
        {
            throw new ExpressionException("An expression was expected");
        }
        if (!_expressions.TryGetValue(expression, out var parsed))
        {
            _expressions[expression] = parsed = Expressions.Expression.Parse(expression);
        }
        return parsed;
    }
}
