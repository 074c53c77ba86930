namespace Tidepool.Expressions.Syntax;

/// <summary>A part of a parsed expression. Compared by reference, so that each place has its own result.</summary>
internal abstract class Node;

internal sealed class LiteralNode(ExpressionValue value) : Node
{
    public ExpressionValue Value => value;
}

internal sealed class NamedValueNode(string name) : Node
{
    public string Name => name;
}

internal sealed class CallNode(string name, IReadOnlyList<Node> arguments) : Node
{
    public string Name => name;
    public IReadOnlyList<Node> Arguments => arguments;
}

/// <summary>A value and what is looked up in it, one after the other; a null index is the wildcard.</summary>
internal sealed class PathNode(Node target, IReadOnlyList<Node?> indexes) : Node
{
    public Node Target => target;
    public IReadOnlyList<Node?> Indexes => indexes;
}
