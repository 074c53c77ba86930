namespace Tidepool.Expressions.Syntax;

internal enum TokenKind
{
    StartIndex,
    EndIndex,
    StartArguments,
    EndArguments,
    Separator,
    Dereference,
    Wildcard,
    Literal,
    Word,
    PropertyName,
    Unrecognized,
}

/// <param name="Kind">What it is.</param>
/// <param name="Raw">As written.</param>
/// <param name="Index">0-based place in the text.</param>
/// <param name="Value">A literal's value.</param>
internal sealed record Token(TokenKind Kind, string Raw, int Index, ExpressionValue? Value = null);
