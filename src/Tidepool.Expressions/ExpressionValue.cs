namespace Tidepool.Expressions;

/// <summary>A value of the expression language.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/expressions#type-casting</remarks>
public abstract partial record ExpressionValue
{
    private protected ExpressionValue()
    {
    }

    /// <summary>No value: what a missing variable is.</summary>
    public static ExpressionValue Null { get; } = new NullValue();
    public static ExpressionValue True { get; } = new BooleanValue(true);
    public static ExpressionValue False { get; } = new BooleanValue(false);

    /// <summary>The kind's name as error texts print it.</summary>
    public abstract string Kind { get; }

    public static ExpressionValue Of(bool value) => value ? True : False;
    public static ExpressionValue Of(decimal value) => new NumberValue(value);

    /// <summary>A string; null gives <see cref="Null"/>.</summary>
    public static ExpressionValue Of(string? value) => value is null ? Null : new StringValue(value);
    public static ExpressionValue Of(DateTimeOffset value) => new DateTimeValue(value);

    /// <summary>An object of strings, looked up ignoring case; a miss is <see cref="Null"/>.</summary>
    public static ExpressionValue Of(IEnumerable<KeyValuePair<string, string>> values) =>
        new ObjectValue(values.Select(v => KeyValuePair.Create(v.Key, Of(v.Value))));

    /// <summary>The value as traces print it: strings in single quotes, collections by kind.</summary>
    public sealed override string ToString() => this switch
    {
        StringValue { Value: var text } => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'",
        DateTimeValue => $"(DateTime){ToText()}",
        _ => TryToText() is { } text && this is not NullValue ? text : Kind,
    };
}

public sealed record NullValue : ExpressionValue
{
    internal NullValue()
    {
    }

    public override string Kind => "Null";
}

public sealed record BooleanValue(bool Value) : ExpressionValue
{
    public override string Kind => "Boolean";
}

public sealed record NumberValue(decimal Value) : ExpressionValue
{
    public override string Kind => "Number";
}

public sealed record StringValue(string Value) : ExpressionValue
{
    public override string Kind => "String";
}

public sealed record VersionValue(Version Value) : ExpressionValue
{
    public override string Kind => "Version";
}

public sealed record DateTimeValue(DateTimeOffset Value) : ExpressionValue
{
    public override string Kind => "DateTime";
}

public sealed record ArrayValue(IReadOnlyList<ExpressionValue> Items) : ExpressionValue
{
    public override string Kind => "Array";
}

/// <summary>Properties in order, looked up ignoring case.</summary>
public sealed record ObjectValue : ExpressionValue
{
    // With so few a search is as fast as a table, and takes no memory.
    private const int FewProperties = 8;

    private readonly IReadOnlyDictionary<string, ExpressionValue>? _byName;
    private IReadOnlyList<KeyValuePair<string, ExpressionValue>>? _properties;

    /// <summary>Makes an object; of two names that differ by case only, the first wins.</summary>
    public ObjectValue(IEnumerable<KeyValuePair<string, ExpressionValue>> properties)
    {
        _properties = [.. properties];
        if (_properties.Count > FewProperties)
        {
            var byName = new Dictionary<string, ExpressionValue>(StringComparer.OrdinalIgnoreCase);
            foreach (var (name, value) in _properties)
            {
                byName.TryAdd(name, value);
            }
            _byName = byName;
        }
    }

    private ObjectValue(IReadOnlyDictionary<string, ExpressionValue> byName) => _byName = byName;

    public override string Kind => "Object";
    public IReadOnlyList<KeyValuePair<string, ExpressionValue>> Properties => _properties ??= [.. _byName!];

    /// <summary>Looking up a missing name is an error, as it is for <c>parameters</c>. Default false: it gives Null.</summary>
    public bool MissIsError { get; init; }

    /// <summary>The value of a property, or Null.</summary>
    /// <exception cref="ExpressionException">The name is missing and <see cref="MissIsError"/> is set.</exception>
    public ExpressionValue this[string name] =>
        TryGet(name, out var value) ? value
        : MissIsError ? throw new ExpressionException($"Key not found '{name}'")
        : Null;

    /// <summary>An object over a table that ignores case. What is added to the table is seen, but by who has looked at all of it.</summary>
    public static ObjectValue Over(IReadOnlyDictionary<string, ExpressionValue> byName) => new(byName);

    internal bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ExpressionValue? value)
    {
        if (_byName is not null)
        {
            return _byName.TryGetValue(name, out value);
        }
        foreach (var property in _properties!)
        {
            if (property.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                value = property.Value;
                return true;
            }
        }
        value = null;
        return false;
    }
}
