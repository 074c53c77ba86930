namespace Tidepool.Agent.Jobs;

/// <summary>One variable as it was set; macros in its value are still text.</summary>
/// <param name="KeepsCase">Its environment variable keeps the name's case.</param>
internal sealed record JobVariable(string Name, string Value, bool IsSecret, bool IsReadOnly, bool KeepsCase = false)
{
    /// <summary>A step set it as its output.</summary>
    public bool IsOutput { get; init; }
}

/// <summary>A job's variables. Names ignore case. Steps add to them while output is read, so all access is under a lock.</summary>
internal sealed class JobVariables
{
    /// <summary>Variables that the service and the agent give, which no step may set.</summary>
    private static readonly string[] OwnPrefixes =
        ["system.", "agent.", "build.", "pipeline.", "common.", "resources.", "environment.", "strategy."];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, JobVariable> _all = new(StringComparer.OrdinalIgnoreCase);

    public void Set(JobVariable variable)
    {
        lock (_gate)
        {
            _all[variable.Name] = variable;
        }
    }

    /// <summary>Sets a variable that the service or the agent itself gives.</summary>
    public void SetOwn(string name, string value, bool isSecret = false, bool isReadOnly = false) => Set(new(
        name, value, isSecret, isReadOnly || OwnPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))));

    /// <summary>Null where there is none.</summary>
    public JobVariable? Find(string name)
    {
        lock (_gate)
        {
            return _all.GetValueOrDefault(name);
        }
    }

    public string? Value(string name) => Find(name)?.Value;

    public bool IsTrue(string name) => string.Equals(Value(name), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>All variables at this moment, with the macros in their values expanded.</summary>
    public VariableSnapshot Expand(Action<string> warn)
    {
        lock (_gate)
        {
            return VariableSnapshot.Of(_all, warn);
        }
    }
}
