namespace Tidepool.Rehearsal;

/// <summary>Maps from pools that pipelines name to the embedded one.</summary>
internal static class PoolMaps
{
    /// <exception cref="ProblemException">REHEARSAL006: a name is sent to a pool that is not the embedded one.</exception>
    public static void Check(IReadOnlyDictionary<string, string> map, string pool)
    {
        if (map.FirstOrDefault(pair => !pair.Value.Equals(pool, StringComparison.OrdinalIgnoreCase)) is { Key: { } name, Value: { } target })
        {
            throw new ProblemException(
                "REHEARSAL006",
                $"The pool map sends {name} to the pool {target}, which is not here.",
                $"Send it to {pool}, the one pool of the embedded service.");
        }
    }
}
