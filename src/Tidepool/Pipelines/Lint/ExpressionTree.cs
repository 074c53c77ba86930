using Tidepool.Expressions;
using Tidepool.Expressions.Syntax;

namespace Tidepool.Pipelines.Lint;

/// <summary>An expression's parts, for rules that look at what is written and not at what it gives.</summary>
internal static class ExpressionTree
{
    /// <summary>Null when the text is no expression; the schema says why.</summary>
    public static Node? Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }
        try
        {
            return Parser.Parse(text, names: null);
        }
        catch (ExpressionException)
        {
            return null;
        }
    }

    /// <summary>A node and all inside it.</summary>
    public static IEnumerable<Node> All(Node node) => node switch
    {
        CallNode call => call.Arguments.SelectMany(All).Prepend(node),
        PathNode path => path.Indexes.OfType<Node>().Append(path.Target).SelectMany(All).Prepend(node),
        _ => [node],
    };

    /// <summary>A name and the literal keys that are looked up in it, as in <c>variables['x']</c>; null for anything else.</summary>
    public static (string Root, IReadOnlyList<string> Keys)? Path(Node node)
    {
        if (node is not PathNode { Target: NamedValueNode { Name: var root }, Indexes: var indexes })
        {
            return null;
        }
        var keys = indexes.Select(i => i is LiteralNode literal ? literal.Value.ToText() : null).ToList();
        return keys.Contains(null) ? null : (root, keys.OfType<string>().ToList());
    }
}
