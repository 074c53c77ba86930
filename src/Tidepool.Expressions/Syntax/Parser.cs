using Tidepool.Expressions.Evaluation;

namespace Tidepool.Expressions.Syntax;

/// <summary>Recursive descent with one token of look-ahead; errors appear in the order of the text.</summary>
internal sealed class Parser
{
    private readonly string text;
    private readonly ExpressionContext? names;
    private readonly Lexer lexer;
    private Token? token;
    private int depth;

    private Parser(string text, ExpressionContext? names)
    {
        (this.text, this.names) = (text, names);
        lexer = new Lexer(text);
        token = lexer.Next();
    }

    /// <param name="text">The expression.</param>
    /// <param name="names">What names are known; null accepts any.</param>
    public static Node Parse(string text, ExpressionContext? names)
    {
        if (text.Length > Expression.MaxLength)
        {
            throw new ExpressionException($"Exceeded max expression length {Expression.MaxLength}");
        }
        var parser = new Parser(text, names);
        if (parser.token is null)
        {
            return new LiteralNode(ExpressionValue.Null);
        }
        var root = parser.ReadValue(parser.token);
        return parser.token is { } extra ? throw parser.Unexpected(extra) : root;
    }

    private Node ReadValue(Token first)
    {
        token = lexer.Next();
        switch (first.Kind)
        {
            case TokenKind.Literal:
                return new LiteralNode(first.Value!);
            case TokenKind.Word when ArityOf(first) is { } arity:
                return ReadPath(ReadCall(first, arity.Min, arity.Max));
            case TokenKind.Word when names is null || names.Values.ContainsKey(first.Raw):
                return ReadPath(new NamedValueNode(first.Raw));
            case TokenKind.Word:
                throw Fault("Unrecognized value", first);
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
        if (names is null)
        {
            return token is { Kind: TokenKind.StartArguments } ? (0, int.MaxValue) : null;
        }
        return names.Functions.TryGetValue(word.Raw, out var added) ? (added.MinArguments, added.MaxArguments) : null;
    }

    private CallNode ReadCall(Token name, int min, int max)
    {
        if (token is not { Kind: TokenKind.StartArguments })
        {
            throw Fault("Expected '(' to follow a function", name);
        }
        Enter();
        List<Node> arguments = [];
        token = lexer.Next();
        while (true)
        {
            var next = token ?? throw Fault("Unclosed function", name);
            if (next.Kind == TokenKind.EndArguments && arguments.Count == 0)
            {
                break;
            }
            arguments.Add(ReadValue(next));
            var after = token ?? throw Fault("Unclosed function", name);
            if (after.Kind == TokenKind.EndArguments)
            {
                break;
            }
            if (after.Kind != TokenKind.Separator || arguments.Count >= max)
            {
                throw Unexpected(after);
            }
            token = lexer.Next();
            if (token is { Kind: TokenKind.EndArguments } early)
            {
                throw Unexpected(early);
            }
        }
        if (arguments.Count < min || arguments.Count > max)
        {
            throw Unexpected(token!);
        }
        return new CallNode(name.Raw, Leave(arguments));
    }

    private Node ReadPath(Node target)
    {
        List<Node?> indexes = [];
        while (token is { Kind: TokenKind.Dereference or TokenKind.StartIndex } start)
        {
            indexes.Add(start.Kind == TokenKind.Dereference ? ReadProperty(start) : ReadIndex(start));
        }
        return indexes.Count == 0 ? target : new PathNode(target, indexes);
    }

    private LiteralNode? ReadProperty(Token dot)
    {
        var name = lexer.Next() ?? throw Fault("Expected a property name to follow the dereference operator '.'", dot);
        token = lexer.Next();
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
        token = lexer.Next();
        var next = token ?? throw Fault("Unclosed indexer", bracket);
        Node? index = null;
        if (next.Kind == TokenKind.Wildcard)
        {
            token = lexer.Next();
        }
        else
        {
            index = ReadValue(next);
        }
        var end = token ?? throw Fault("Unclosed indexer", bracket);
        return end.Kind == TokenKind.EndIndex ? Leave(index) : throw Unexpected(end);
    }

    private void Enter()
    {
        if (++depth >= Expression.MaxDepth)
        {
            throw new ExpressionException($"Exceeded max expression depth {Expression.MaxDepth}");
        }
    }

    /// <summary>Steps over the closing sign.</summary>
    private T Leave<T>(T read)
    {
        depth--;
        token = lexer.Next();
        return read;
    }

    private ExpressionException Unexpected(Token at) =>
        Fault(at.Kind == TokenKind.Unrecognized ? "Unrecognized value" : "Unexpected symbol", at);

    private ExpressionException Fault(string what, Token at) =>
        new($"{what}: '{at.Raw}'. Located at position {at.Index + 1} within expression: {text}.");
}
