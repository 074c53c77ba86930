using System.Globalization;

namespace Tidepool.Expressions.Syntax;

/// <summary>Cuts an expression into tokens; what a character means can depend on the token before it.</summary>
internal sealed class Lexer(string text)
{
    private int _at;
    private Token? _last;

    /// <summary>The next token, or null at the end.</summary>
    public Token? Next()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at]))
        {
            _at++;
        }
        return _at == text.Length ? null : _last = Read();
    }

    private Token Read() => text[_at] switch
    {
        '[' => Sign(TokenKind.StartIndex),
        ']' => Sign(TokenKind.EndIndex),
        '(' => Sign(TokenKind.StartArguments),
        ')' => Sign(TokenKind.EndArguments),
        ',' => Sign(TokenKind.Separator),
        '*' => Sign(TokenKind.Wildcard),
        '.' when !StartsValue => Sign(TokenKind.Dereference),
        '\'' => Text(),
        '.' or '-' or (>= '0' and <= '9') => NumberOrVersion(),
        _ => Word(),
    };

    private bool StartsValue => _last is null or { Kind: TokenKind.Separator or TokenKind.StartArguments or TokenKind.StartIndex };

    private Token Sign(TokenKind kind) => new(kind, text[_at..(_at + 1)], _at++);

    private Token Text()
    {
        var start = _at++;
        while (_at < text.Length)
        {
            if (text[_at++] != '\'')
            {
                continue;
            }
            if (_at == text.Length || text[_at] != '\'')
            {
                var inner = text[(start + 1)..(_at - 1)].Replace("''", "'", StringComparison.Ordinal);
                return new Token(TokenKind.Literal, text[start.._at], start, new StringValue(inner));
            }
            _at++;
        }
        return new Token(TokenKind.Unrecognized, text[start..], start);
    }

    private Token NumberOrVersion()
    {
        var (start, raw) = (_at, ReadUntilBoundary(dotsBelong: true));
        if (raw.Count(c => c == '.') >= 2)
        {
            return Version.TryParse(raw, out var version)
                ? new Token(TokenKind.Literal, raw, start, new VersionValue(version))
                : new Token(TokenKind.Unrecognized, raw, start);
        }
        const NumberStyles style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
        return decimal.TryParse(raw, style, CultureInfo.InvariantCulture, out var number)
            ? new Token(TokenKind.Literal, raw, start, new NumberValue(number))
            : new Token(TokenKind.Unrecognized, raw, start);
    }

    private Token Word()
    {
        var afterDot = _last is { Kind: TokenKind.Dereference };
        var (start, raw) = (_at, ReadUntilBoundary(dotsBelong: false));
        if (!IsName(raw))
        {
            return new Token(TokenKind.Unrecognized, raw, start);
        }
        return afterDot ? new Token(TokenKind.PropertyName, raw, start)
            : raw.Equals("true", StringComparison.OrdinalIgnoreCase) ? new Token(TokenKind.Literal, raw, start, ExpressionValue.True)
            : raw.Equals("false", StringComparison.OrdinalIgnoreCase) ? new Token(TokenKind.Literal, raw, start, ExpressionValue.False)
            : new Token(TokenKind.Word, raw, start);
    }

    private static bool IsName(string raw) =>
        (char.IsAsciiLetter(raw[0]) || raw[0] == '_') && raw.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private string ReadUntilBoundary(bool dotsBelong)
    {
        var start = _at;
        do
        {
            _at++;
        }
        while (_at < text.Length && !char.IsWhiteSpace(text[_at]) && !"[](),*".Contains(text[_at]) && (dotsBelong || text[_at] != '.'));
        return text[start.._at];
    }
}
