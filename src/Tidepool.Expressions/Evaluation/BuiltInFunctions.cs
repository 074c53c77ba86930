using Tidepool.Expressions.Syntax;

namespace Tidepool.Expressions.Evaluation;

/// <param name="MinArguments">Fewest arguments.</param>
/// <param name="MaxArguments">Most arguments.</param>
/// <param name="KeepsForm">A trace shows the call with its arguments' values instead of its own value.</param>
/// <param name="Call">Evaluates its own arguments, so that it may leave some out.</param>
internal sealed record BuiltInFunction(
    int MinArguments, int MaxArguments, bool KeepsForm, Func<Evaluator, IReadOnlyList<Node>, ExpressionValue> Call);

/// <summary>The functions of the language; names ignore case.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/expressions#functions</remarks>
internal static class BuiltInFunctions
{
    private const int Many = int.MaxValue;

    public static IReadOnlyDictionary<string, BuiltInFunction> All { get; } =
        new Dictionary<string, BuiltInFunction>(StringComparer.OrdinalIgnoreCase)
        {
            ["and"] = new(2, Many, true, (e, args) => ExpressionValue.Of(args.All(a => e.Evaluate(a).ToBoolean()))),
            ["or"] = new(2, Many, true, (e, args) => ExpressionValue.Of(args.Any(a => e.Evaluate(a).ToBoolean()))),
            ["not"] = new(1, 1, true, (e, args) => ExpressionValue.Of(!e.Evaluate(args[0]).ToBoolean())),
            ["xor"] = Test((left, right) => left.ToBoolean() ^ right.ToBoolean()),
            ["eq"] = Test((left, right) => left.LooselyEquals(right)),
            ["ne"] = Test((left, right) => !left.LooselyEquals(right)),
            ["gt"] = Test((left, right) => left.CompareLoosely(right) > 0),
            ["ge"] = Test((left, right) => left.CompareLoosely(right) >= 0),
            ["lt"] = Test((left, right) => left.CompareLoosely(right) < 0),
            ["le"] = Test((left, right) => left.CompareLoosely(right) <= 0),
            ["in"] = new(2, Many, true, (e, args) => ExpressionValue.Of(IsIn(e, args))),
            ["notIn"] = new(2, Many, true, (e, args) => ExpressionValue.Of(!IsIn(e, args))),
            ["contains"] = TestText((left, right) => left.Contains(right, StringComparison.OrdinalIgnoreCase)),
            ["startsWith"] = TestText((left, right) => left.StartsWith(right, StringComparison.OrdinalIgnoreCase)),
            ["endsWith"] = TestText((left, right) => left.EndsWith(right, StringComparison.OrdinalIgnoreCase)),
            ["containsValue"] = Test((left, right) => TextFunctions.Items(left).Any(right.LooselyEquals)),
            ["coalesce"] = new(2, Many, false, Coalesce),
            ["iif"] = new(3, 3, false, Choose),
            ["length"] = Map((_, value) => ExpressionValue.Of(TextFunctions.Length(value))),
            ["lower"] = Map((_, value) => ExpressionValue.Of(value.ToText().ToLowerInvariant())),
            ["upper"] = Map((_, value) => ExpressionValue.Of(value.ToText().ToUpperInvariant())),
            ["trim"] = Map((_, value) => ExpressionValue.Of(value.ToText().Trim())),
            ["convertToJson"] = Map((e, value) => ExpressionValue.Of(JsonText.Of(value, e.Spend))),
            ["format"] = new(1, 255, false, FormatFunction.Call),
            ["join"] = new(2, 2, false, TextFunctions.Join),
            ["replace"] = new(3, 3, false, TextFunctions.Replace),
            ["split"] = new(2, 2, false, TextFunctions.Split),
            ["substring"] = new(3, 3, false, TextFunctions.Substring),
        };

    private static BuiltInFunction Test(Func<ExpressionValue, ExpressionValue, bool> test) =>
        new(2, 2, true, (e, args) => ExpressionValue.Of(test(e.Evaluate(args[0]), e.Evaluate(args[1]))));

    private static BuiltInFunction TestText(Func<string, string, bool> test) => Test((left, right) => test(left.ToText(), right.ToText()));

    private static BuiltInFunction Map(Func<Evaluator, ExpressionValue, ExpressionValue> map) =>
        new(1, 1, false, (e, args) => map(e, e.Evaluate(args[0])));

    private static bool IsIn(Evaluator evaluator, IReadOnlyList<Node> arguments)
    {
        var left = evaluator.Evaluate(arguments[0]);
        return arguments.Skip(1).Any(a => left.LooselyEquals(evaluator.Evaluate(a)));
    }

    private static ExpressionValue Coalesce(Evaluator evaluator, IReadOnlyList<Node> arguments) =>
        arguments.Select(evaluator.Evaluate).FirstOrDefault(v => v is not (NullValue or StringValue { Value: "" })) ?? ExpressionValue.Null;

    /// <summary>Both branches are evaluated, so that an error in the one not taken is still an error.</summary>
    private static ExpressionValue Choose(Evaluator evaluator, IReadOnlyList<Node> arguments)
    {
        ExpressionValue[] values = [.. arguments.Select(evaluator.Evaluate)];
        return values[0].ToBoolean() ? values[1] : values[2];
    }
}
