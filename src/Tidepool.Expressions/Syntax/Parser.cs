using Tidepool.Expressions.Evaluation;

namespace Tidepool.Expressions.Syntax;

/// <summary>Recursive descent with one token of look-ahead; errors appear in the order of the text.</summary>
internal sealed class Parser
{
    private readonly string _text;
    private readonly ExpressionContext? _names;
    private readonly Lexer _lexer;
    private Token? _token;
    private int _depth;

    private Parser(string text, ExpressionContext? names)
    {
        (_text, _names) = (text, names);
        _lexer = new Lexer(text);
        _token = _lexer.Next();
    }

    /// <param name="text">The expression.</param>
    /// <param name="names">Names are known or refused as they are met; null takes any, for <see cref="KnownNames"/> to look at.</param>
    public static Node Parse(string text, ExpressionContext? names)
    {
        if (text.Length > Expression.MaxLength)
        {
            throw new ExpressionException($"Exceeded max expression length {Expression.MaxLength}");
        }
        var parser = new Parser(text, names);
        if (parser._token is null)
        {
            return new LiteralNode(ExpressionValue.Null);
        }
        var root = parser.ReadValue(parser._token);
        return parser._token is { } extra ? throw parser.Unexpected(extra) : root;
    }

    private Node ReadValue(Token first)
    {
        _token = _lexer.Next();
        if (_names is not null && first.Kind == TokenKind.Word && KnownNames.FaultOf(first, _token, _names, _text) is { } fault)
        {
            throw fault;
        }
        switch (first.Kind)
        {
            case TokenKind.Literal:
                return new LiteralNode(first.Value!);
            case TokenKind.Word when ArityOf(first) is { } arity:
                return ReadPath(ReadCall(first, arity.Min, arity.Max));
            case TokenKind.Word:
                return ReadPath(new NamedValueNode(first));
            default:
                throw Unexpected(first);
        }
    }

    private (int Min, int Max)? ArityOf(Token word)
    {
        if (BuiltInFunctions.All.TryGetValue(word.Raw, out var builtIn))
        {
            return (builtIn.MinArguments, builtIn.MaxArguments);
        }
        return _token is { Kind: TokenKind.StartArguments } ? (0, int.MaxValue) : null;
    }

    private CallNode ReadCall(Token name, int min, int max)
    {
        if (_token is not { Kind: TokenKind.StartArguments } open)
        {
            throw Fault("Expected '(' to follow a function", name);
        }
        Enter();
        List<Node> arguments = [];
        List<Token> ends = [];
        _token = _lexer.Next();
        while (true)
        {
            var next = _token ?? throw Fault("Unclosed function", name);
            if (next.Kind == TokenKind.EndArguments && arguments.Count == 0)
            {
                break;
            }
            arguments.Add(ReadValue(next));
            var after = _token ?? throw Fault("Unclosed function", name);
            ends.Add(after);
            if (after.Kind == TokenKind.EndArguments)
            {
                break;
            }
            if (after.Kind != TokenKind.Separator || arguments.Count >= max)
            {
                throw Unexpected(after);
            }
            _token = _lexer.Next();
            if (_token is { Kind: TokenKind.EndArguments } early)
            {
                throw Unexpected(early);
            }
        }
        if (arguments.Count < min || arguments.Count > max)
        {
            throw Unexpected(_token!);
        }
        return new CallNode(name, open, arguments, Leave(arguments.Count == 0 ? [_token!] : ends));
    }

    private Node ReadPath(Node target)
    {
        List<Node?> indexes = [];
        while (_token is { Kind: TokenKind.Dereference or TokenKind.StartIndex } start)
        {
            indexes.Add(start.Kind == TokenKind.Dereference ? ReadProperty(start) : ReadIndex(start));
        }
        return indexes.Count == 0 ? target : new PathNode(target, indexes);
    }

    private LiteralNode? ReadProperty(Token dot)
    {
        var name = _lexer.Next() ?? throw Fault("Expected a property name to follow the dereference operator '.'", dot);
        _token = _lexer.Next();
        return name.Kind switch
        {
            TokenKind.Wildcard => null,
            TokenKind.PropertyName => new LiteralNode(new StringValue(name.Raw)),
            _ => throw Fault("Unexpected symbol", name),
        };
    }

    private Node? ReadIndex(Token bracket)
    {
        Enter();
        _token = _lexer.Next();
        var next = _token ?? throw Fault("Unclosed indexer", bracket);
        Node? index = null;
        if (next.Kind == TokenKind.Wildcard)
        {
            _token = _lexer.Next();
        }
        else
        {
            index = ReadValue(next);
        }
        var end = _token ?? throw Fault("Unclosed indexer", bracket);
        return end.Kind == TokenKind.EndIndex ? Leave(index) : throw Unexpected(end);
    }

    private void Enter()
    {
        if (++_depth >= Expression.MaxDepth)
        {
            throw new ExpressionException($"Exceeded max expression depth {Expression.MaxDepth}");
        }
    }

    /// <summary>Steps over the closing sign.</summary>
    private T Leave<T>(T read)
    {
        _depth--;
        _token = _lexer.Next();
        return read;
    }

    private ExpressionException Unexpected(Token at) =>
        Fault(at.Kind == TokenKind.Unrecognized ? "Unrecognized value" : "Unexpected symbol", at);

    private ExpressionException Fault(string what, Token at) => KnownNames.Fault(what, at, _text);
}
