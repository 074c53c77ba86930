using Tidepool.Expressions;

namespace Tidepool.Pipelines.Graph;

/// <summary>A run's variables, with precedence applied and <c>$[ ]</c> evaluated.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/variables#variable-scopes</remarks>
internal sealed class RunVariables
{
    private static readonly string[] SystemPrefixes =
        ["system.", "build.", "agent.", "pipeline.", "environment.", "common.", "release.", "strategy.", "resources."];

    private static readonly Dictionary<string, ExpressionFunction> NoFunctions = [];

    private readonly Dictionary<string, string> _seen;
    private readonly Dictionary<string, PlannedVariable> _planned = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, ExpressionValue> _values;

    /// <param name="state">The run, whose variables are the ground.</param>
    /// <param name="levels">Variables of the pipeline, then of the stage, then of the job; a later one overrides.</param>
    /// <param name="values">What else a <c>$[ ]</c> may name; taken over.</param>
    /// <exception cref="ProblemException">PIPELINE001: a <c>$[ ]</c> failed; the message holds it and its place.</exception>
    public RunVariables(RunState state, IEnumerable<PipelineVariable> levels, Dictionary<string, ExpressionValue> values)
    {
        _values = values;
        _seen = new(state.Variables, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in state.Variables.Where(v => !IsSystem(v.Key)))
        {
            _planned[name] = new PlannedVariable(value, ReadOnly: false);
        }
        foreach (var variable in levels.Where(v => !IsOverSystem(v.Name, state)))
        {
            // What a group holds is text. That the service does not evaluate it is inferred: a secret may look like anything.
            var value = variable.Group is null ? Evaluate(variable.Value, $"variable {variable.Name}", variable.Position, state) : variable.Value;
            _planned[variable.Name] = new PlannedVariable(value, variable.ReadOnly) { IsSecret = variable.IsSecret };
            _seen[variable.Name] = value;
        }
    }

    /// <summary>User variables only.</summary>
    public IReadOnlyDictionary<string, PlannedVariable> Planned => _planned;

    /// <summary>User and system variables, as expressions see them.</summary>
    public ExpressionValue AsValue => ExpressionValue.Of(_seen);

    /// <summary>Evaluates a text that may be a whole <c>$[ ]</c>; other text is its own value.</summary>
    /// <exception cref="ProblemException">PIPELINE001: the expression failed; the message holds it and its place.</exception>
    public string Evaluate(string text, string what, SourcePosition position) => Evaluate(text, what, position, counting: null);

    private string Evaluate(string text, string what, SourcePosition position, RunState? counting)
    {
        if (RuntimeText.ExpressionOf(text) is not { } expression)
        {
            return text;
        }
        try
        {
            _values["variables"] = AsValue;
            var context = new ExpressionContext
            {
                Values = _values,
                Functions = counting is null ? NoFunctions : ExpressionScopes.Counters((prefix, seed) =>
                    counting.Counters.TryGetValue(prefix, out var value) ? value : throw new CounterNeededException(prefix, seed)),
            };
            return Expression.Parse(expression).Evaluate(context).Value.ToText();
        }
        catch (ExpressionException e)
        {
            throw new ProblemException(
                "PIPELINE001", $"{position}: {text} of {what} could not be evaluated: {e.Message}", "Correct the expression.");
        }
    }

    /// <summary>Puts the values of variables in the place of <c>$(name)</c>; a name without a value stays as it is.</summary>
    public string Expand(string text) => Macros.Expand(text, name => _seen.GetValueOrDefault(name));

    private static bool IsSystem(string name) =>
        name.Equals("TF_BUILD", StringComparison.OrdinalIgnoreCase)
        || SystemPrefixes.Any(p => name.StartsWith(p, StringComparison.OrdinalIgnoreCase));

    private bool IsOverSystem(string name, RunState state) =>
        name.StartsWith("system.", StringComparison.OrdinalIgnoreCase)
        || (IsSystem(name) && state.Variables.Keys.Contains(name, StringComparer.OrdinalIgnoreCase));
}
