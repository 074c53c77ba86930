namespace Tidepool.AzurePipelines.Runs;

/// <summary>Replaces every known secret by <c>***</c>. Agents mask already; this is for those that do not.</summary>
internal sealed class SecretMask
{
    public const string Mask = "***";

    // A very short line of a longer secret, a brace say, would mask half of a log.
    private const int ShortestLine = 4;

    private readonly SortedSet<string> secrets = new(Comparer<string>.Create((a, b) =>
        b.Length.CompareTo(a.Length) is not 0 and var longerFirst ? longerFirst : string.CompareOrdinal(a, b)));

    /// <summary>Adds a secret; of one with several lines also each line, since text comes line by line.</summary>
    public void Add(string secret)
    {
        if (secret.Length == 0)
        {
            return;
        }

        secrets.Add(secret);
        if (secret.Contains('\n'))
        {
            secrets.UnionWith(secret.Split('\n', StringSplitOptions.TrimEntries).Where(line => line.Length >= ShortestLine));
        }
    }

    public bool IsIn(string text) => secrets.Any(secret => text.Contains(secret, StringComparison.Ordinal));

    public string Apply(string text)
    {
        foreach (var secret in secrets)
        {
            text = text.Replace(secret, Mask, StringComparison.Ordinal);
        }

        return text;
    }
}
