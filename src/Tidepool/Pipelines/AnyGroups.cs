using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Tidepool.Pipelines;

/// <summary>Variable groups, of which every one is there: for who has no values at hand and asks about the rest of a pipeline.</summary>
/// <param name="unknown">What each of them holds.</param>
internal sealed class AnyGroups(params GroupVariable[] unknown) : IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>>
{
    public IEnumerable<string> Keys => [];

    public IEnumerable<IReadOnlyList<GroupVariable>> Values => [];

    public int Count => 0;

    public IReadOnlyList<GroupVariable> this[string key] => unknown;

    /// <summary>The groups that are given; where none is, any.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> Unless(
        IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> given, params GroupVariable[] unknown) =>
        given.Count > 0 ? given : new AnyGroups(unknown);

    public bool ContainsKey(string key) => true;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out IReadOnlyList<GroupVariable> value)
    {
        value = unknown;
        return true;
    }

    public IEnumerator<KeyValuePair<string, IReadOnlyList<GroupVariable>>> GetEnumerator() =>
        Enumerable.Empty<KeyValuePair<string, IReadOnlyList<GroupVariable>>>().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
