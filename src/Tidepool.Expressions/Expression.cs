using Tidepool.Expressions.Evaluation;
using Tidepool.Expressions.Syntax;

namespace Tidepool.Expressions;

/// <summary>An expression of Azure Pipelines: what stands in a <c>condition</c>, in <c>$[ ]</c> and in <c>${{ }}</c>.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/expressions</remarks>
public sealed class Expression
{
    /// <summary>Longest text, in characters.</summary>
    public const int MaxLength = 21_000;

    /// <summary>Deepest nesting of calls and indexers.</summary>
    public const int MaxDepth = 50;

    private readonly Node _tree;

    private Expression(string text, Node tree) => (Text, _tree) = (text, tree);

    /// <summary>The text as it was written.</summary>
    public string Text { get; }

    /// <summary>Checks a text's syntax; whether names are known is left to <see cref="Evaluate"/>.</summary>
    /// <exception cref="ExpressionException">The syntax is wrong; the message says where.</exception>
    public static Expression Parse(string text) => new(text, Parser.Parse(text, names: null));

    /// <summary>Checks a text's syntax and that the context knows every name, without evaluating.</summary>
    /// <exception cref="ExpressionException">The syntax is wrong or a name is unknown; the message says where.</exception>
    public static Expression Parse(string text, ExpressionContext context)
    {
        var tree = Parser.Parse(text, context);
        KnownNames.Check(tree, context, text);
        return new Expression(text, tree);
    }

    /// <summary>Evaluates in a context.</summary>
    /// <exception cref="ExpressionException">A name is unknown or a value does not convert.</exception>
    public ExpressionResult Evaluate(ExpressionContext context)
    {
        KnownNames.Check(_tree, context, Text);
        var evaluator = new Evaluator(context, Text) { KeepsResults = true };
        var value = evaluator.Evaluate(_tree);
        return new ExpressionResult(value, NodeText.Of(_tree, results: null), NodeText.Of(_tree, evaluator.Results));
    }

    /// <summary>Evaluates in a context, and tells nothing of how.</summary>
    /// <param name="context">What names mean.</param>
    /// <param name="budget">Characters that results may still have; what is used is taken off.</param>
    /// <exception cref="ExpressionException">A name is unknown, a value does not convert, or the budget is used up.</exception>
    public ExpressionValue EvaluateValue(ExpressionContext context, ref long budget)
    {
        KnownNames.Check(_tree, context, Text);
        var evaluator = new Evaluator(context, Text) { Budget = budget };
        try
        {
            return evaluator.Evaluate(_tree);
        }
        finally
        {
            budget -= evaluator.Characters;
        }
    }

    /// <summary>Evaluates in a context and tells what every part gave; what goes wrong is told as well.</summary>
    public EvaluatedPart Trace(ExpressionContext context)
    {
        var evaluator = new Evaluator(context, Text) { KeepsResults = true };
        try
        {
            KnownNames.Check(_tree, context, Text);
            _ = evaluator.Evaluate(_tree);
            return EvaluationTrace.Of(_tree, evaluator.Results);
        }
        catch (ExpressionException e)
        {
            return EvaluationTrace.Of(_tree, evaluator.Results) with { Error = e.Message };
        }
    }
}

/// <summary>What an expression gave, and how.</summary>
/// <param name="Value">The value.</param>
/// <param name="Evaluating">The expression in canonical form.</param>
/// <param name="Expanded">The same with values in the place of names and calls.</param>
public sealed record ExpressionResult(ExpressionValue Value, string Evaluating, string Expanded)
{
    /// <summary>The value as a condition reads it.</summary>
    public bool IsTrue => Value.ToBoolean();

    /// <summary>The lines that the service prints: <c>Evaluating:</c>, <c>Expanded:</c> where it says more, <c>Result:</c>.</summary>
    public IReadOnlyList<string> Trace => Expanded == Evaluating || Expanded == Value.ToString()
        ? [$"Evaluating: {Evaluating}", $"Result: {Value}"]
        : [$"Evaluating: {Evaluating}", $"Expanded: {Expanded}", $"Result: {Value}"];
}
