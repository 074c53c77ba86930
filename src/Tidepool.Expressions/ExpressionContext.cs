namespace Tidepool.Expressions;

/// <summary>What an expression may name: values such as <c>variables</c>, and functions beside the built-in ones.</summary>
public sealed record ExpressionContext
{
    private static readonly Dictionary<string, ExpressionValue> NoValues = [];
    private static readonly Dictionary<string, ExpressionFunction> NoFunctions = [];

    /// <summary>Named values. Use a dictionary that ignores case.</summary>
    public IReadOnlyDictionary<string, ExpressionValue> Values { get; init; } = NoValues;

    /// <summary>Functions beside the built-in ones. Use a dictionary that ignores case.</summary>
    public IReadOnlyDictionary<string, ExpressionFunction> Functions { get; init; } = NoFunctions;

    /// <summary>The expression stands in <c>${{ }}</c>, where the service has other words for unknown names.</summary>
    public bool IsTemplate { get; init; }

    /// <summary>What a step's condition sees on the agent: <c>variables</c> and the status functions.</summary>
    /// <param name="jobStatus">The variable Agent.JobStatus: Succeeded, SucceededWithIssues, Failed or Canceled.</param>
    /// <param name="variables">The job's variables at this step.</param>
    /// <remarks>Source: https://github.com/microsoft/azure-pipelines-agent/blob/master/src/Agent.Worker/ExpressionManager.cs</remarks>
    public static ExpressionContext ForStep(string jobStatus, IEnumerable<KeyValuePair<string, string>> variables) => new()
    {
        Values = new Dictionary<string, ExpressionValue>(StringComparer.OrdinalIgnoreCase)
        {
            ["variables"] = ExpressionValue.Of(variables),
        },
        Functions = new Dictionary<string, ExpressionFunction>(StringComparer.OrdinalIgnoreCase)
        {
            ["always"] = ExpressionFunction.Flag(true),
            ["canceled"] = ExpressionFunction.Flag(Is(jobStatus, "Canceled")),
            ["failed"] = ExpressionFunction.Flag(Is(jobStatus, "Failed")),
            ["succeeded"] = ExpressionFunction.Flag(Is(jobStatus, "Succeeded") || Is(jobStatus, "SucceededWithIssues")),
            ["succeededOrFailed"] = ExpressionFunction.Flag(!Is(jobStatus, "Canceled")),
        },
    };

    private static bool Is(string status, string other) => string.Equals(status, other, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A function that a context adds to the language.</summary>
/// <param name="MinArguments">Fewest arguments.</param>
/// <param name="MaxArguments">Most arguments.</param>
/// <param name="Call">Gets the evaluated arguments.</param>
public sealed record ExpressionFunction(
    int MinArguments, int MaxArguments, Func<IReadOnlyList<ExpressionValue>, ExpressionValue> Call)
{
    /// <summary>A function without arguments that answers always the same.</summary>
    public static ExpressionFunction Flag(bool value) => new(0, 0, _ => ExpressionValue.Of(value));
}
