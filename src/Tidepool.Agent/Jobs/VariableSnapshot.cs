namespace Tidepool.Agent.Jobs;

/// <summary>The variables that one step sees.</summary>
internal sealed class VariableSnapshot
{
    /// <summary>How deep macros may nest.</summary>
    private const int MaxDepth = 50;

    private readonly Dictionary<string, JobVariable> _all;

    private VariableSnapshot(Dictionary<string, JobVariable> all) => _all = all;

    public IReadOnlyCollection<JobVariable> All => _all.Values;

    /// <summary>What a condition sees as <c>variables</c>.</summary>
    public IEnumerable<KeyValuePair<string, string>> Values =>
        _all.Values.Select(variable => KeyValuePair.Create(variable.Name, variable.Value));

    /// <summary>Expands macros in all values; a cycle leaves its macro as text, with a warning.</summary>
    public static VariableSnapshot Of(IReadOnlyDictionary<string, JobVariable> variables, Action<string> warn)
    {
        var expanded = new Dictionary<string, JobVariable>(variables.Count, StringComparer.OrdinalIgnoreCase);
        foreach (var variable in variables.Values)
        {
            expanded[variable.Name] = Macros.Contains(variable.Value) ? Expand(variable, variables, [variable.Name], warn) : variable;
        }
        return new(expanded);
    }

    /// <summary>Replaces macros in an input, once: a macro inside a value that was put in stays.</summary>
    /// <param name="environment">Answers names that are no variable.</param>
    public string Fill(string text, IReadOnlyDictionary<string, string> environment) =>
        Macros.Replace(text, name => _all.GetValueOrDefault(name)?.Value ?? environment.GetValueOrDefault(name));

    private static JobVariable Expand(
        JobVariable variable, IReadOnlyDictionary<string, JobVariable> all, List<string> path, Action<string> warn)
    {
        var isSecret = variable.IsSecret;
        var value = Macros.Replace(variable.Value, name =>
        {
            if (!all.TryGetValue(name, out var inner))
            {
                return null;
            }
            if (path.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                warn($"Unable to expand variable '{variable.Name}'. A cyclical reference was detected.");
                return null;
            }
            if (path.Count >= MaxDepth)
            {
                warn($"Unable to expand variable '{variable.Name}'. The maximum depth of {MaxDepth} was reached.");
                return null;
            }
            var full = Macros.Contains(inner.Value) ? Expand(inner, all, [.. path, inner.Name], warn) : inner;
            isSecret |= full.IsSecret;
            return full.Value;
        });
        return variable with { Value = value, IsSecret = isSecret };
    }
}

/// <summary><c>$(name)</c>.</summary>
internal static class Macros
{
    public static bool Contains(string text) => text.Contains("$(", StringComparison.Ordinal);

    /// <summary>Replaces each macro that <paramref name="valueOf"/> knows, left to right; what was put in is not looked at again.</summary>
    public static string Replace(string text, Func<string, string?> valueOf)
    {
        var from = 0;
        while (from < text.Length)
        {
            var start = text.IndexOf("$(", from, StringComparison.Ordinal);
            var end = start < 0 ? -1 : text.IndexOf(')', start + 2);
            if (end < 0)
            {
                break;
            }
            if (valueOf(text[(start + 2)..end]) is { } value)
            {
                text = string.Concat(text.AsSpan(0, start), value, text.AsSpan(end + 1));
                from = start + value.Length;
            }
            else
            {
                from = start + 1;
            }
        }
        return text;
    }
}
