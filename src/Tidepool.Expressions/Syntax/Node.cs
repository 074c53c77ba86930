namespace Tidepool.Expressions.Syntax;

/// <summary>A part of a parsed expression. Compared by reference, so that each place has its own result.</summary>
internal abstract class Node;

internal sealed class LiteralNode(ExpressionValue value) : Node
{
    public ExpressionValue Value => value;
}

internal sealed class NamedValueNode(Token word) : Node
{
    public string Name => word.Raw;
    public Token Word => word;
}

/// <param name="word">The name.</param>
/// <param name="open">The sign that begins the arguments.</param>
/// <param name="arguments">The arguments.</param>
/// <param name="ends">The sign after each argument; or the closing one, where there is none.</param>
internal sealed class CallNode(Token word, Token open, IReadOnlyList<Node> arguments, IReadOnlyList<Token> ends) : Node
{
    public string Name => word.Raw;
    public Token Word => word;
    public Token Open => open;
    public IReadOnlyList<Node> Arguments => arguments;
    public IReadOnlyList<Token> Ends => ends;

    /// <summary>A function of the language itself; null for one that the context may add.</summary>
    public Evaluation.BuiltInFunction? BuiltIn { get; } = Evaluation.BuiltInFunctions.All.GetValueOrDefault(word.Raw);
}

/// <summary>A value and what is looked up in it, one after the other; a null index is the wildcard.</summary>
internal sealed class PathNode(Node target, IReadOnlyList<Node?> indexes) : Node
{
    public Node Target => target;
    public IReadOnlyList<Node?> Indexes => indexes;
}
