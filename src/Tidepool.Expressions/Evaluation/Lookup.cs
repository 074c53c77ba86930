using Tidepool.Expressions.Syntax;

namespace Tidepool.Expressions.Evaluation;

/// <summary>Properties, indexes and filtered arrays (<c>a.*.b</c>).</summary>
internal static class Lookup
{
    public static ExpressionValue In(ExpressionValue target, IReadOnlyList<Node?> indexes, Func<Node, ExpressionValue> evaluate)
    {
        var filtered = false;
        foreach (var indexNode in indexes)
        {
            if (indexNode is null)
            {
                target = new ArrayValue([.. filtered ? Items(target).SelectMany(Items) : Items(target)]);
                filtered = true;
                continue;
            }
            var index = evaluate(indexNode);
            target = filtered
                ? new ArrayValue([.. Items(target).Select(item => Find(item, index)).OfType<ExpressionValue>()])
                : target is ObjectValue { MissIsError: true } strict && index.TryToText() is { } name ? strict[name]
                : Find(target, index) ?? ExpressionValue.Null;
        }
        return target;
    }

    private static IEnumerable<ExpressionValue> Items(ExpressionValue value) => value switch
    {
        ArrayValue { Items: var items } => items,
        ObjectValue { Properties: var properties } => properties.Select(p => p.Value),
        _ => [],
    };

    private static ExpressionValue? Find(ExpressionValue target, ExpressionValue index) => target switch
    {
        ObjectValue found when index.TryToText() is { } name && found.TryGet(name, out var value) => value,
        ArrayValue { Items: var items } when Position(index) is { } at and >= 0 && at < items.Count && at == Math.Floor(at) =>
            items[(int)at],
        _ => null,
    };

    private static decimal? Position(ExpressionValue index) => index is StringValue { Value: "" } ? null : index.TryToNumber();
}
