using System.Globalization;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>Reads one mapping by the keys that the schema knows; says of every other key that it is refused or unknown.</summary>
internal sealed class MappingReader
{
    private static readonly string[] Yes = ["true", "y", "yes", "on"];
    private static readonly string[] No = ["false", "n", "no", "off"];

    private readonly MappingNode _mapping;
    private readonly PipelineErrors _errors;

    public MappingReader(MappingNode mapping, KeyTable keys, PipelineErrors errors)
    {
        (_mapping, _errors) = (mapping, errors);
        foreach (var key in mapping.Entries.Select(e => e.Key).Where(k => !k.IsFailed))
        {
            if (keys.NotYet.Contains(key.Value))
            {
                errors.Add(key.Position, Refusal.Of(key.Value));
            }
            else if (!keys.Read.Contains(key.Value) && !keys.Ignored.Contains(key.Value))
            {
                errors.Add(key.Position, $"Unexpected value '{key.Value}'");
            }
        }
    }

    /// <summary>Reads a mapping whose keys are free, or were checked already.</summary>
    public MappingReader(MappingNode mapping, PipelineErrors errors) => (_mapping, _errors) = (mapping, errors);

    public SourcePosition Position => _mapping.Position;

    public bool Has(string key) => _mapping[key] is not null;

    /// <summary>The value of a key, or null; also null where an expression failed.</summary>
    public YamlNode? Node(string key) => _mapping[key] is var node and not ScalarNode { IsFailed: true } ? node : null;

    /// <summary>A scalar, or null when the key is missing.</summary>
    public ScalarNode? Scalar(string key)
    {
        if (Node(key) is not { } node)
        {
            return null;
        }
        if (node is ScalarNode scalar)
        {
            return scalar;
        }
        _errors.Add(node.Position, Unexpected.Text(node));
        return null;
    }

    /// <summary>The mapping of a key, or null when the key is missing or nothing is written after it.</summary>
    public MappingReader? Mapping(string key, KeyTable keys)
    {
        switch (Node(key))
        {
            case null or ScalarNode { IsNull: true }:
                return null;
            case MappingNode mapping:
                return new MappingReader(mapping, keys, _errors);
            case var other:
                _errors.Add(other.Position, Unexpected.Text(other));
                return null;
        }
    }

    /// <summary>Text that is one of a few, or null when the key is missing.</summary>
    public string? OneOf(string key, params ReadOnlySpan<string> allowed)
    {
        if (Scalar(key) is not { } scalar)
        {
            return null;
        }
        if (allowed.Contains(scalar.Value))
        {
            return scalar.Value;
        }
        _errors.Add(scalar.Position, Unexpected.Text(scalar));
        return null;
    }

    /// <summary>Text, or null when the key is missing or nothing is written after it.</summary>
    public string? Text(string key) => Scalar(key) is { IsNull: false, Value: var text } ? text : null;

    public bool? Flag(string key)
    {
        if (Scalar(key) is not { } scalar)
        {
            return null;
        }
        var flag = ToFlag(scalar.Value);
        if (flag is null)
        {
            _errors.Add(scalar.Position, Unexpected.Text(scalar));
        }
        return flag;
    }

    /// <summary>A flag as a task's input has it, or text with a macro in it, which the agent expands; null when the key is missing.</summary>
    public string? FlagOrMacro(string key) =>
        Scalar(key) is { Value: var text } && text.Contains("$(", StringComparison.Ordinal) ? text
        : Flag(key) is { } flag ? flag ? "true" : "false"
        : null;

    /// <summary>A whole number that is not negative.</summary>
    public int? Number(string key)
    {
        if (Scalar(key) is not { } scalar)
        {
            return null;
        }
        var number = ToNumber(scalar.Value);
        if (number is null)
        {
            _errors.Add(scalar.Position, $"Expected an Integer value. Actual value: '{scalar.Value}'");
        }
        return number;
    }

    /// <summary>Text that is a flag, or a whole <c>$[ ]</c> that gives one when the job starts.</summary>
    public string? FlagOrRuntime(string key) => OrRuntime(key, text => ToFlag(text) is not null, kind: null);

    /// <summary>Text that is a number, or a whole <c>$[ ]</c> that gives one when the job starts.</summary>
    public string? NumberOrRuntime(string key) => OrRuntime(key, text => ToNumber(text) is not null, "an Integer");

    /// <summary>Names to their texts, such as <c>env</c>.</summary>
    public IReadOnlyDictionary<string, string> Texts(string key)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        switch (Node(key))
        {
            case null:
                break;
            case MappingNode { Entries: var entries }:
                foreach (var entry in entries)
                {
                    if (entry.Value is ScalarNode scalar)
                    {
                        texts[entry.Key.Value] = scalar.IsNull ? "" : scalar.Value;
                    }
                    else
                    {
                        _errors.Add(entry.Value.Position, Unexpected.Text(entry.Value));
                    }
                }
                break;
            case var other:
                _errors.Add(other.Position, Unexpected.Text(other));
                break;
        }
        return texts;
    }

    /// <summary>One scalar or a list of them; null when the key is missing, empty for empty text.</summary>
    public IReadOnlyList<ScalarNode>? OneOrMany(string key)
    {
        switch (Node(key))
        {
            case null:
                return null;
            case ScalarNode scalar:
                return scalar.IsNull || scalar.Value.Length == 0 ? [] : [scalar];
            case SequenceNode { Items: var items }:
                foreach (var item in items.Where(i => i is not ScalarNode))
                {
                    _errors.Add(item.Position, Unexpected.Text(item));
                }
                return [.. items.OfType<ScalarNode>().Where(s => !s.IsFailed)];
            case var other:
                _errors.Add(other.Position, Unexpected.Text(other));
                return null;
        }
    }

    /// <summary>Says of keys that have no place here, though the schema knows them elsewhere, that they are unknown.</summary>
    public void Refuse(params ReadOnlySpan<string> keys)
    {
        foreach (var entry in _mapping.Entries)
        {
            if (keys.Contains(entry.Key.Value))
            {
                _errors.Add(entry.Key.Position, $"Unexpected value '{entry.Key.Value}'");
            }
        }
    }

    public static bool? ToFlag(string text) =>
        Yes.Contains(text, StringComparer.OrdinalIgnoreCase) ? true
        : No.Contains(text, StringComparer.OrdinalIgnoreCase) ? false
        : null;

    public static int? ToNumber(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private string? OrRuntime(string key, Func<string, bool> isLiteral, string? kind)
    {
        if (Scalar(key) is not { } scalar)
        {
            return null;
        }
        if (isLiteral(scalar.Value))
        {
            return scalar.Value;
        }
        if (RuntimeText.ExpressionOf(scalar.Value) is { } expression)
        {
            Conditions.CheckSyntax(expression, scalar.Position, _errors);
            return scalar.Value;
        }
        _errors.Add(scalar.Position, kind is null ? Unexpected.Text(scalar) : $"Expected {kind} value. Actual value: '{scalar.Value}'");
        return null;
    }
}
