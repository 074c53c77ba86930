using Tidepool.Expressions;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>A file in a repository.</summary>
/// <param name="Repository">Its alias; <c>self</c> for the pipeline's own.</param>
/// <param name="Path">From the repository's root, with a leading slash.</param>
internal sealed record TemplatePath(string Repository, string Path)
{
    public const string Self = "self";

    /// <summary>As errors show it.</summary>
    public override string ToString() => Repository == Self ? Path : $"{Path}@{Repository}";
}

/// <summary>One use of a file: what its expressions may name.</summary>
internal sealed class CompileScope
{
    private readonly Dictionary<string, ExpressionValue> _values = new(StringComparer.OrdinalIgnoreCase);

    public CompileScope(TemplatePath file, ObjectValue parameters, TemplateCall? call)
    {
        (File, Call) = (file, call);
        Origin = call is null ? null : new NodeOrigin(call, null);
        _values["parameters"] = parameters;
        Context = new ExpressionContext { Values = _values, IsTemplate = true };
    }

    public TemplatePath File { get; }

    /// <summary>What asked for the file; null for the pipeline's own.</summary>
    public TemplateCall? Call { get; }

    /// <summary>The origin of what the file says itself.</summary>
    public NodeOrigin? Origin { get; }
    public ExpressionContext Context { get; }

    /// <summary>Gives a name its value, and tells what it had before.</summary>
    public ExpressionValue? Exchange(string name, ExpressionValue? value)
    {
        var before = _values.GetValueOrDefault(name);
        if (value is null)
        {
            _values.Remove(name);
        }
        else
        {
            _values[name] = value;
        }
        return before;
    }
}

/// <summary>Variables that are known at compile time; a stage and a job add their own.</summary>
internal sealed class CompileVariables
{
    private readonly Dictionary<string, ExpressionValue> _fixed;
    private readonly Dictionary<string, ExpressionValue> _values;
    private ExpressionValue? _value;

    /// <param name="predefined">A predefined variable keeps its value.</param>
    public CompileVariables(IReadOnlyDictionary<string, string> predefined)
    {
        _fixed = new(
            predefined.Select(v => KeyValuePair.Create(v.Key, ExpressionValue.Of(v.Value))), StringComparer.OrdinalIgnoreCase);
        _values = new(_fixed, StringComparer.OrdinalIgnoreCase);
    }

    private CompileVariables(CompileVariables outer) =>
        (_fixed, _values) = (outer._fixed, new(outer._values, StringComparer.OrdinalIgnoreCase));

    /// <summary>As expressions see them.</summary>
    public ExpressionValue Value => _value ??= ObjectValue.Over(_values);

    public CompileVariables Inner() => new(this);

    public void Declare(string name, string value)
    {
        if (!_fixed.ContainsKey(name))
        {
            _values[name] = ExpressionValue.Of(value);
            _value = null;
        }
    }
}
