using System.Globalization;

namespace Tidepool.Expressions;

public abstract partial record ExpressionValue
{
    private const NumberStyles NumberText =
        NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign | NumberStyles.AllowThousands
        | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;

    /// <summary>The value as a condition reads it; every kind converts.</summary>
    public bool ToBoolean() => this switch
    {
        NullValue => false,
        BooleanValue { Value: var value } => value,
        NumberValue { Value: var value } => value != 0,
        StringValue { Value: var value } => value.Length > 0,
        _ => true,
    };

    /// <summary>The value as text: <c>True</c>/<c>False</c>, <c>0.#######</c>, empty for Null.</summary>
    /// <exception cref="ExpressionException">The value is an array or an object.</exception>
    public string ToText() => TryToText() ?? throw CannotConvertTo("String");

    /// <summary>The value as text, or null where it has none: arrays and objects.</summary>
    public string? TryToText() => this switch
    {
        NullValue => "",
        BooleanValue { Value: var value } => value ? "True" : "False",
        NumberValue { Value: var value } => value.ToString("0.#######", CultureInfo.InvariantCulture),
        StringValue { Value: var value } => value,
        VersionValue { Value: var value } => value.ToString(),
        DateTimeValue { Value: var value } => value.ToString("yyyy-MM-dd HH:mm:sszzz", CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <exception cref="ExpressionException">The value is not a number and cannot be read as one.</exception>
    internal decimal ToNumber() => TryToNumber() ?? throw CannotConvertTo("Number");

    internal decimal? TryToNumber() => this switch
    {
        NullValue => 0,
        BooleanValue { Value: var value } => value ? 1 : 0,
        NumberValue { Value: var value } => value,
        StringValue { Value: "" } => 0,
        StringValue { Value: var value } when decimal.TryParse(value, NumberText, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    /// <summary>Equality as <c>eq</c> sees it: the right value is converted to this one's kind; where that fails they differ.</summary>
    internal bool LooselyEquals(ExpressionValue right) => this switch
    {
        NullValue => right is NullValue or StringValue { Value: "" },
        BooleanValue { Value: var value } => right.ToBoolean() == value,
        NumberValue { Value: var value } => right.TryToNumber() == value,
        StringValue { Value: var value } => string.Equals(right.TryToText(), value, StringComparison.OrdinalIgnoreCase),
        VersionValue { Value: var value } => right.TryToVersion() == value,
        DateTimeValue { Value: var value } => right.TryToDateTime() == value,
        _ => ReferenceEquals(this, right),
    };

    /// <summary>Order as <c>gt</c> and its kin see it.</summary>
    /// <exception cref="ExpressionException">A value does not convert.</exception>
    internal int CompareLoosely(ExpressionValue right) => this switch
    {
        BooleanValue { Value: var value } => value.CompareTo(right.ToBoolean()),
        StringValue { Value: var value } => string.Compare(value, right.ToText(), StringComparison.OrdinalIgnoreCase),
        VersionValue { Value: var value } => value.CompareTo(right.TryToVersion() ?? throw right.CannotConvertTo("Version")),
        DateTimeValue { Value: var value } => value.CompareTo(right.TryToDateTime() ?? throw right.CannotConvertTo("DateTime")),
        _ => ToNumber().CompareTo(right.ToNumber()),
    };

    /// <summary>The value as another kind, as <c>eq</c> and its kin convert it; null where it does not convert.</summary>
    internal ExpressionValue? TryConvertTo(string kind) => kind switch
    {
        "Boolean" => Of(ToBoolean()),
        "Number" => TryToNumber() is { } number ? Of(number) : null,
        "String" => TryToText() is { } text ? Of(text) : null,
        "Version" => TryToVersion() is { } version ? new VersionValue(version) : null,
        "DateTime" => TryToDateTime() is { } time ? Of(time) : null,
        "Null" => this is NullValue or StringValue { Value: "" } ? Null : null,
        _ => null,
    };

    private Version? TryToVersion() => this switch
    {
        VersionValue { Value: var value } => value,
        NumberValue or StringValue when Version.TryParse(TryToText(), out var version) => version,
        _ => null,
    };

    private DateTimeOffset? TryToDateTime() => this switch
    {
        DateTimeValue { Value: var value } => value,
        StringValue { Value: var text } when
            DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) => time,
        _ => null,
    };

    private ExpressionException CannotConvertTo(string kind) => new(this is ArrayValue or ObjectValue
        ? $"Unable to convert from {Kind} to {kind}"
        : $"Unable to convert from {Kind} to {kind}. Value: {this}");
}
