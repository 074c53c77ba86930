using System.Globalization;
using Tidepool.Expressions;

namespace Tidepool.Pipelines;

/// <summary>Which names an expression may use, by where it stands; values are put in when it is evaluated.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/expressions#dependencies</remarks>
internal static class ExpressionScopes
{
    private static readonly string[] StatusFunctions = ["succeeded", "failed", "succeededOrFailed"];

    public static ExpressionContext StageNames { get; } = Names(["variables", "pipeline", "dependencies"], withStatus: true);

    public static ExpressionContext JobNames { get; } =
        Names(["variables", "pipeline", "dependencies", "stageDependencies"], withStatus: true);

    /// <summary>What a <c>$[ ]</c> outside of variables may name.</summary>
    public static ExpressionContext FieldNames { get; } =
        Names(["variables", "pipeline", "dependencies", "stageDependencies", "resources"], withStatus: false);

    /// <summary>What a <c>$[ ]</c> of a variable may name.</summary>
    public static ExpressionContext VariableNames { get; } = FieldNames with { Functions = Counters((_, seed) => seed) };

    /// <summary>The function <c>counter(prefix, seed)</c>, which only variables have.</summary>
    /// <param name="next">Gives the value that a prefix has in this run; its first one is the seed.</param>
    /// <remarks>
    /// Source: https://learn.microsoft.com/azure/devops/pipelines/process/expressions#counter. That the seed is 0 where none is given is inferred.
    /// </remarks>
    public static IReadOnlyDictionary<string, ExpressionFunction> Counters(Func<string, int, int> next) =>
        new Dictionary<string, ExpressionFunction>(StringComparer.OrdinalIgnoreCase)
        {
            ["counter"] = new(0, 2, arguments => ExpressionValue.Of(next(
                arguments.Count > 0 ? arguments[0].ToText() : "", arguments.Count > 1 ? Seed(arguments[1]) : 0))),
        };

    /// <summary>Functions about the nodes before this one.</summary>
    /// <param name="status">
    /// Answers <c>succeeded</c>, <c>failed</c> or <c>succeededOrFailed</c> for the named nodes, or for all before it where none is named.
    /// </param>
    /// <param name="canceling">The run is being cancelled.</param>
    public static IReadOnlyDictionary<string, ExpressionFunction> Functions(
        Func<string, IReadOnlyList<string>, bool> status, bool canceling)
    {
        var functions = new Dictionary<string, ExpressionFunction>(StringComparer.OrdinalIgnoreCase)
        {
            ["always"] = ExpressionFunction.Flag(true),
            ["canceled"] = ExpressionFunction.Flag(canceling),
        };
        foreach (var name in StatusFunctions)
        {
            functions[name] = new ExpressionFunction(
                0, int.MaxValue, names => ExpressionValue.Of(status(name, [.. names.Select(n => n.ToText())])));
        }
        return functions;
    }

    private static int Seed(ExpressionValue value) =>
        int.TryParse(value.ToText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seed)
            ? seed
            : throw new ExpressionException($"Unable to convert from {value.Kind} to Number. Value: {value}");

    private static ExpressionContext Names(string[] values, bool withStatus) => new()
    {
        Values = values.ToDictionary(v => v, _ => ExpressionValue.Null, StringComparer.OrdinalIgnoreCase),
        Functions = withStatus ? Functions((_, _) => true, canceling: false) : new Dictionary<string, ExpressionFunction>(),
    };
}
