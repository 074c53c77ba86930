namespace Tidepool.Pipelines.Compile;

internal enum DirectiveKind
{
    If,
    ElseIf,
    Else,
    Each,
    Insert,
}

/// <summary>What a key such as <c>${{ each x in parameters.list }}</c> asks for.</summary>
/// <param name="Kind">Its first word.</param>
/// <param name="Variable">The name that items of a loop get; empty for other kinds.</param>
/// <param name="Expression">The condition or the collection; empty where there is none.</param>
/// <param name="Fault">Why it is not valid; null when it is.</param>
internal sealed record Directive(DirectiveKind Kind, string Variable, string Expression, string? Fault)
{
    public static Directive? Of(string expression)
    {
        if (TemplateText.DirectiveOf(expression) is not { } word)
        {
            return null;
        }
        var rest = expression[word.Length..].Trim();
        return word switch
        {
            "if" => WithCondition(DirectiveKind.If, word, rest),
            "elseif" => WithCondition(DirectiveKind.ElseIf, word, rest),
            "else" => Alone(DirectiveKind.Else, word, rest),
            "insert" => Alone(DirectiveKind.Insert, word, rest),
            _ => Loop(word, rest),
        };
    }

    private static Directive WithCondition(DirectiveKind kind, string word, string rest) =>
        new(kind, "", rest, rest.Length == 0 ? Wanted(1, word, rest) : null);

    private static Directive Alone(DirectiveKind kind, string word, string rest) =>
        new(kind, "", "", rest.Length > 0 ? Wanted(0, word, rest) : null);

    private static Directive Loop(string word, string rest) =>
        Words(rest, 3) is [var name, "in", var collection]
            ? new(DirectiveKind.Each, name, collection, null)
            : new(DirectiveKind.Each, "", "", Wanted(3, word, rest));

    private static string Wanted(int count, string word, string rest) =>
        $"Exactly {count} parameter(s) were expected following the directive '{word}'. Actual parameter count: {Words(rest, int.MaxValue).Length}";

    private static string[] Words(string text, int most) =>
        text.Split([' ', '\t', '\r', '\n'], most, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
