using System.Text.RegularExpressions;
using Tidepool.Expressions;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Schema;

namespace Tidepool.Pipelines;

/// <summary>Checks expressions that are evaluated later, so that a run is refused before any job.</summary>
internal static partial class Conditions
{
    /// <summary>What a condition may name, at its level.</summary>
    public static ExpressionContext StepNames { get; } = ExpressionContext.ForStep("Succeeded", []);

    /// <summary>Why a condition is not valid; null when it is, or when there is none.</summary>
    public static string? Fault(string? condition, ExpressionContext names)
    {
        if (condition is null)
        {
            return null;
        }
        try
        {
            _ = Expression.Parse(condition, names);
            return null;
        }
        catch (ExpressionException e)
        {
            return e.Message;
        }
    }

    /// <summary>Checks the inside of a <c>$[ ]</c>.</summary>
    public static void CheckSyntax(string expression, SourcePosition position, PipelineErrors errors)
    {
        if (CounterCall().IsMatch(expression))
        {
            errors.Add(position, Refusal.Of("counter()"));
        }
        else if (Fault(expression, ExpressionScopes.VariableNames) is { } fault)
        {
            errors.Add(position, fault);
        }
    }

    [GeneratedRegex(@"\bcounter\s*\(", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex CounterCall();
}
