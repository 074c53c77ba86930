using Tidepool.Expressions.Syntax;

namespace Tidepool.Expressions.Evaluation;

/// <summary>Evaluates one tree once and keeps what every name and call gave, for the trace.</summary>
internal sealed class Evaluator(ExpressionContext context, string text)
{
    /// <summary>Most characters that all results together may have.</summary>
    private const int MaxCharacters = 5_000_000;

    private readonly Dictionary<Node, ExpressionValue> _results = [];

    /// <summary>Characters of all results so far.</summary>
    public long Characters { get; private set; }

    /// <summary>Characters that the results may have, where that is less than what one expression may.</summary>
    public long Budget { get; init; } = MaxCharacters;

    /// <summary>What names and calls gave is kept for the trace.</summary>
    public bool KeepsResults { get; init; }

    public IReadOnlyDictionary<Node, ExpressionValue> Results => _results;

    public ExpressionValue Evaluate(Node node)
    {
        if (node is LiteralNode { Value: var literal })
        {
            return literal;
        }
        var value = node switch
        {
            NamedValueNode { Name: var name } => context.Values[name],
            PathNode path => Lookup.In(Evaluate(path.Target), path.Indexes, Evaluate),
            CallNode call => Call(call),
            _ => throw new InvalidOperationException($"Unhandled {node.GetType().Name}."),
        };
        if (node is CallNode && value is StringValue { Value.Length: var length })
        {
            Spend(length);
        }
        if (KeepsResults)
        {
            _results[node] = value;
        }
        return value;
    }

    /// <summary>Counts characters that are about to be made.</summary>
    /// <exception cref="ExpressionException">They are too many.</exception>
    public void Spend(long count)
    {
        Characters += count;
        if (Characters > Math.Min(MaxCharacters, Budget))
        {
            throw new ExpressionException(
                $"The maximum allowed memory size was exceeded while evaluating the following expression: {text}");
        }
    }

    private ExpressionValue Call(CallNode call) => call.BuiltIn is { } builtIn
        ? builtIn.Call(this, call.Arguments)
        : context.Functions[call.Name].Call([.. call.Arguments.Select(Evaluate)]);
}
