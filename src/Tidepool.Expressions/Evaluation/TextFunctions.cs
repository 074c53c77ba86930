using System.Text;
using Tidepool.Expressions.Syntax;

namespace Tidepool.Expressions.Evaluation;

/// <summary>Functions on text and collections.</summary>
internal static class TextFunctions
{
    private const long BytesOfItem = 32;

    public static IEnumerable<ExpressionValue> Items(ExpressionValue value) => value switch
    {
        ArrayValue { Items: var items } => items,
        ObjectValue { Properties: var properties } => properties.Select(p => p.Value),
        _ => [],
    };

    public static decimal Length(ExpressionValue value) => value switch
    {
        ArrayValue { Items.Count: var count } => count,
        ObjectValue { Properties.Count: var count } => count,
        StringValue { Value.Length: var length } => length,
        _ => throw new ExpressionException(
            $"Kind '{value.Kind}' not supported. "
            + "Only arrays, strings, dictionaries, or collections are supported for the length function."),
    };

    /// <summary>An item that is itself a collection counts as empty text.</summary>
    public static ExpressionValue Join(Evaluator evaluator, IReadOnlyList<Node> arguments)
    {
        var separator = evaluator.Evaluate(arguments[0]).ToText();
        var list = evaluator.Evaluate(arguments[1]);
        string[] texts = list is ArrayValue { Items: var items } ? [.. items.Select(i => i.TryToText() ?? "")] : [list.TryToText() ?? ""];
        evaluator.Spend(texts.Sum(t => (long)t.Length + separator.Length));
        return ExpressionValue.Of(string.Join(separator, texts));
    }

    /// <remarks>That case is ignored is not confirmed by Microsoft.</remarks>
    public static ExpressionValue Replace(Evaluator evaluator, IReadOnlyList<Node> arguments)
    {
        var (text, old, substitute) = (TextOf(evaluator, arguments[0]), TextOf(evaluator, arguments[1]), TextOf(evaluator, arguments[2]));
        if (old.Length == 0)
        {
            return ExpressionValue.Of(text);
        }
        var result = new StringBuilder();
        var start = 0;
        for (int at; (at = text.IndexOf(old, start, StringComparison.OrdinalIgnoreCase)) >= 0; start = at + old.Length)
        {
            evaluator.Spend(substitute.Length);
            result.Append(text, start, at - start).Append(substitute);
        }
        return ExpressionValue.Of(result.Append(text, start, text.Length - start).ToString());
    }

    /// <remarks>That the second argument is one delimiter, not a set of characters, is not confirmed by Microsoft.</remarks>
    public static ExpressionValue Split(Evaluator evaluator, IReadOnlyList<Node> arguments)
    {
        var text = TextOf(evaluator, arguments[0]);
        var parts = text.Split(TextOf(evaluator, arguments[1]));
        evaluator.Spend(text.Length + (parts.Length * BytesOfItem / sizeof(char)));
        return new ArrayValue([.. parts.Select(ExpressionValue.Of)]);
    }

    /// <remarks>Not documented by Microsoft: text, first character, length; what lies outside the text is left out.</remarks>
    public static ExpressionValue Substring(Evaluator evaluator, IReadOnlyList<Node> arguments)
    {
        var text = TextOf(evaluator, arguments[0]);
        var start = (int)Math.Clamp(evaluator.Evaluate(arguments[1]).ToNumber(), 0, text.Length);
        var length = (int)Math.Clamp(evaluator.Evaluate(arguments[2]).ToNumber(), 0, text.Length - start);
        return ExpressionValue.Of(text.Substring(start, length));
    }

    private static string TextOf(Evaluator evaluator, Node node) => evaluator.Evaluate(node).ToText();
}
