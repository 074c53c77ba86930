namespace Tidepool.Bench;

/// <summary>One number and the limit it is held to.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Value">The value, usually a median.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Limit">The limit.</param>
/// <param name="AtLeast">Whether the limit is a floor; else it is a ceiling.</param>
/// <param name="How">How it was measured: how often, and the spread.</param>
internal sealed record Measurement(string What, double Value, string Unit, double Limit, bool AtLeast, string How)
{
    public bool Kept => AtLeast ? Value >= Limit : Value <= Limit;

    /// <summary>The median of some values, with their spread.</summary>
    public static Measurement Median(string what, IReadOnlyList<double> values, string unit, double limit, string of)
    {
        var sorted = values.Order().ToArray();
        return new(what, sorted[sorted.Length / 2], unit, limit, AtLeast: false, $"median of {sorted.Length} {of}, {sorted[0]:0.#} to {sorted[^1]:0.#}");
    }
}
