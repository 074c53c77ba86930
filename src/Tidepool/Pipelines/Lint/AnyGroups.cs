using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Tidepool.Pipelines.Lint;

/// <summary>Variable groups, of which every one is there: those that are not known hold one variable with no name.</summary>
internal sealed class AnyGroups(IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> known)
    : IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>>
{
    private static readonly GroupVariable[] Unknown = [new("", "", IsSecret: true)];

    public IEnumerable<string> Keys => known.Keys;

    public IEnumerable<IReadOnlyList<GroupVariable>> Values => known.Values;

    public int Count => known.Count;

    public IReadOnlyList<GroupVariable> this[string key] =>
        known.FirstOrDefault(g => g.Key.Equals(key, StringComparison.OrdinalIgnoreCase)).Value ?? Unknown;

    public bool ContainsKey(string key) => true;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out IReadOnlyList<GroupVariable> value)
    {
        value = this[key];
        return true;
    }

    public IEnumerator<KeyValuePair<string, IReadOnlyList<GroupVariable>>> GetEnumerator() => known.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
