namespace Tidepool.Pipelines.Graph;

/// <summary>
/// A variable asks for a counter whose value the run's state does not have. Whoever decides takes the next value, keeps it for the whole run in
/// <see cref="RunState.Counters"/>, and decides again.
/// </summary>
/// <param name="prefix">Which counter; ignores case.</param>
/// <param name="seed">Its first value.</param>
public sealed class CounterNeededException(string prefix, int seed) : Exception($"Counter '{prefix}' has no value in this run yet.")
{
    public string Prefix { get; } = prefix;
    public int Seed { get; } = seed;
}
