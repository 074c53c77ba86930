using Tidepool.Expressions.Syntax;

namespace Tidepool.Expressions.Evaluation;

/// <summary>Writes a tree in canonical form, or with values in the place of what was evaluated.</summary>
internal static class NodeText
{
    /// <param name="node">The tree.</param>
    /// <param name="results">What was evaluated; null writes the expression itself.</param>
    public static string Of(Node node, IReadOnlyDictionary<Node, ExpressionValue>? results)
    {
        if (results is not null && results.TryGetValue(node, out var value) && !KeepsForm(node))
        {
            return value.ToString();
        }
        return node switch
        {
            LiteralNode { Value: var literal } => literal.ToString(),
            NamedValueNode { Name: var name } => name,
            PathNode path => Of(path.Target, results: null) + string.Concat(path.Indexes.Select(Index)),
            CallNode call => $"{call.Name}({string.Join(", ", call.Arguments.Select(a => Of(a, results)))})",
            _ => throw new InvalidOperationException($"Unhandled {node.GetType().Name}."),
        };
    }

    private static string Index(Node? index) => index is null ? "[*]" : $"[{Of(index, results: null)}]";

    private static bool KeepsForm(Node node) =>
        node is CallNode { Name: var name } && BuiltInFunctions.All.TryGetValue(name, out var function) && function.KeepsForm;
}
