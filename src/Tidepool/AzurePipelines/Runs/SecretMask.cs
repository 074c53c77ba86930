namespace Tidepool.AzurePipelines.Runs;

/// <summary>Replaces every known secret by <c>***</c>. Agents mask already; this is for those that do not.</summary>
internal sealed class SecretMask
{
    public const string Mask = "***";

    // A very short line of a longer secret, a brace say, would mask half of a log.
    private const int ShortestLine = 4;

    private readonly SortedSet<string> _secrets = new(Comparer<string>.Create((a, b) =>
        b.Length.CompareTo(a.Length) is not 0 and var longerFirst ? longerFirst : string.CompareOrdinal(a, b)));

    /// <summary>Adds a secret; of one with several lines also each line, since text comes line by line.</summary>
    public void Add(string secret)
    {
        if (secret.Length == 0)
        {
            return;
        }

        _secrets.Add(secret);
        if (secret.Contains('\n'))
        {
            _secrets.UnionWith(secret.Split('\n', StringSplitOptions.TrimEntries).Where(line => line.Length >= ShortestLine));
        }
    }

    public bool IsIn(string text) => _secrets.Any(secret => text.Contains(secret, StringComparison.Ordinal));

    public string Apply(string text)
    {
        foreach (var secret in _secrets)
        {
            text = text.Replace(secret, Mask, StringComparison.Ordinal);
        }

        return text;
    }
}
