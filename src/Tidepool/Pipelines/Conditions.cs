using Tidepool.Expressions;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines;

/// <summary>Checks expressions that are evaluated later, so that a run is refused before any job.</summary>
internal static class Conditions
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

    /// <summary>Checks the inside of a <c>$[ ]</c> of a variable, or of another field, where <c>counter()</c> has no place.</summary>
    public static void CheckSyntax(string expression, SourcePosition position, PipelineErrors errors, bool ofVariable = false)
    {
        if (Fault(expression, ofVariable ? ExpressionScopes.VariableNames : ExpressionScopes.FieldNames) is { } fault)
        {
            errors.Add(position, fault);
        }
    }
}
