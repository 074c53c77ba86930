namespace Tidepool.Expressions;

/// <summary>A part of an expression, with what it gave and why: a call has its arguments below it.</summary>
public sealed record EvaluatedPart
{
    /// <summary>The part in canonical form.</summary>
    public required string Text { get; init; }

    /// <summary>The function of a call; null for a name or a literal.</summary>
    public string? Function { get; init; }

    /// <summary>The value as traces print it; null for a part that was not looked at, since those before it decided.</summary>
    public string? Value { get; init; }

    /// <summary>The value's kind, as in <c>String</c>.</summary>
    public string? Kind { get; init; }

    /// <summary>How values were made comparable: each a sentence.</summary>
    public IReadOnlyList<string> Conversions { get; init; } = [];

    /// <summary>Arguments of a call, in order.</summary>
    public IReadOnlyList<EvaluatedPart> Parts { get; init; } = [];

    /// <summary>Why the whole could not be evaluated; null when it could.</summary>
    public string? Error { get; init; }
}
