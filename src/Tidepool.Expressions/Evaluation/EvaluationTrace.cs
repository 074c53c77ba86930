using Tidepool.Expressions.Syntax;

namespace Tidepool.Expressions.Evaluation;

/// <summary>Tells of an evaluated tree what each part gave, and which values were converted.</summary>
internal static class EvaluationTrace
{
    private static readonly string[] Equalities = ["eq", "ne", "in", "notIn"];
    private static readonly string[] Orders = ["gt", "ge", "lt", "le"];
    private static readonly string[] Logic = ["and", "or", "not", "xor"];
    private static readonly string[] OfText = ["contains", "startsWith", "endsWith", "lower", "upper", "trim"];

    public static EvaluatedPart Of(Node node, IReadOnlyDictionary<Node, ExpressionValue> results)
    {
        var value = node is LiteralNode literal ? literal.Value : results.GetValueOrDefault(node);
        var part = new EvaluatedPart { Text = NodeText.Of(node, results: null), Value = value?.ToString(), Kind = value?.Kind };
        return node is not CallNode call ? part : part with
        {
            Function = call.Name,
            Parts = [.. call.Arguments.Select(argument => Of(argument, results))],
            Conversions = [.. Conversions(call.Name, [.. call.Arguments.Select(a => a is LiteralNode l ? l.Value : results.GetValueOrDefault(a))])],
        };
    }

    private static IEnumerable<string> Conversions(string function, ExpressionValue?[] arguments)
    {
        bool Is(string[] names) => names.Contains(function, StringComparer.OrdinalIgnoreCase);
        return arguments is [{ } left, .. var others] ? Is(Equalities) ? others.OfType<ExpressionValue>().SelectMany(right => Equal(left, right))
            : Is(Orders) ? others.OfType<ExpressionValue>().SelectMany(right => Ordered(left, right))
            : Is(Logic) ? arguments.OfType<ExpressionValue>().SelectMany(argument => To(argument, "Boolean"))
            : Is(OfText) ? arguments.OfType<ExpressionValue>().SelectMany(argument => To(argument, "String"))
            : [] : [];
    }

    private static IEnumerable<string> Equal(ExpressionValue left, ExpressionValue right) => left is ArrayValue or ObjectValue
        ? [$"an {left.Kind} is equal to nothing but itself"]
        : To(right, left.Kind, " and is therefore not equal");

    private static IEnumerable<string> Ordered(ExpressionValue left, ExpressionValue right)
    {
        var kind = left is NullValue or ArrayValue or ObjectValue ? "Number" : left.Kind;
        return To(left, kind).Concat(To(right, kind));
    }

    private static IEnumerable<string> To(ExpressionValue value, string kind, string otherwise = "")
    {
        if (value.Kind != kind)
        {
            var before = value is NullValue ? "Null" : value is ArrayValue or ObjectValue ? $"an {value.Kind}" : $"{value.Kind} {value}";
            yield return value.TryConvertTo(kind) is { } converted
                ? converted is NullValue ? $"{before} counts as Null" : $"{before} is converted to {kind} {converted}"
                : $"{before} does not convert to {kind}{otherwise}";
        }
    }
}
