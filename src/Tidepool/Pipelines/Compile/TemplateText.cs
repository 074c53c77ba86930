namespace Tidepool.Pipelines.Compile;

/// <summary>Text with <c>${{ }}</c> in it, cut into literal text and expressions.</summary>
internal sealed record TemplateText(IReadOnlyList<TemplateText.Part> Parts)
{
    public const string NotClosed =
        "The expression is not closed. An unescaped ${{ sequence was found, but the closing }} sequence was not found.";

    private const string Open = "${{";

    private static readonly string[] Directives = ["if", "elseif", "else", "each", "insert"];

    /// <summary>The whole text is one expression, which may so stand for more than text.</summary>
    public string? WholeExpression => Parts is [{ IsExpression: true, Text: var expression }] ? expression : null;

    public static bool HasExpression(string text) => text.Contains(Open, StringComparison.Ordinal);

    /// <summary>Cuts a text; the quotes of an expression hide what looks like its end.</summary>
    /// <param name="text">The text.</param>
    /// <param name="error">What is wrong with it, when the answer is null.</param>
    public static TemplateText? Parse(string text, out string? error)
    {
        List<Part> parts = [];
        error = null;
        var at = 0;
        while (at < text.Length)
        {
            var open = text.IndexOf(Open, at, StringComparison.Ordinal);
            if (open < 0)
            {
                parts.Add(new Part(false, text[at..]));
                break;
            }
            if (open > at)
            {
                parts.Add(new Part(false, text[at..open]));
            }
            var start = open + Open.Length;
            if (FindEnd(text, start) is not { } end)
            {
                error = NotClosed;
                return null;
            }
            parts.Add(new Part(true, text[start..end].Trim()));
            at = end + 2;
        }
        return new TemplateText(parts);
    }

    /// <summary>The directive that an expression begins with, such as <c>if</c>; null for a plain expression. Case matters.</summary>
    public static string? DirectiveOf(string expression)
    {
        var length = expression.AsSpan().IndexOfAny(" \t\r\n(");
        return Directives.FirstOrDefault(d => expression.AsSpan(0, length < 0 ? expression.Length : length).SequenceEqual(d));
    }

    public static string InlineDirective(DirectiveKind directive) =>
        $"The directive '{directive.ToString().ToLowerInvariant()}' is not allowed in this context. Directives are not supported for "
        + "expressions that are embedded within a string. Directives are only supported when the entire value is an expression.";

    private static int? FindEnd(string text, int start)
    {
        var quoted = false;
        for (var at = start; at < text.Length; at++)
        {
            if (text[at] == '\'')
            {
                quoted = !quoted;
            }
            else if (!quoted && text[at] == '}' && at + 1 < text.Length && text[at + 1] == '}')
            {
                return at;
            }
        }
        return null;
    }

    /// <param name="IsExpression">What is between <c>${{</c> and <c>}}</c>.</param>
    /// <param name="Text">Literal text, or the expression trimmed.</param>
    internal sealed record Part(bool IsExpression, string Text);
}
