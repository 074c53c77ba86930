namespace Tidepool.Deployment;

/// <summary>A value that no log, error, report or debugger view shows.</summary>
/// <remarks>It has no public property, so a serializer finds nothing to write either.</remarks>
public sealed class Secret(string value)
{
    private readonly string _value = value;

    /// <summary>The value itself, for the one call that sends it.</summary>
    public string Reveal() => _value;

    /// <summary>The text with every occurrence of the value replaced by <c>***</c>.</summary>
    public string Mask(string text) => _value.Length == 0 ? text : text.Replace(_value, "***", StringComparison.Ordinal);

    /// <summary>Always <c>***</c>.</summary>
    public override string ToString() => "***";
}
