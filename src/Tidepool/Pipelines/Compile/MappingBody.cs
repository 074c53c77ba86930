using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Compile;

/// <summary>A mapping in the making: what stands in it, and what directives put into it.</summary>
internal sealed class MappingBody(Place place)
{
    private readonly List<(MappingEntry Entry, MappingEntry? Source)> _entries = [];

    public Place Place => place;
    public HashSet<string> Names { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The template that a pipeline extends; it is opened when all else is known.</summary>
    public MappingEntry? Extends { get; set; }

    /// <summary>What of the mapping is looked at now.</summary>
    public MappingEntry? Source { get; set; }

    public void Add(MappingEntry entry) => _entries.Add((entry, Source));

    /// <summary>The entries, those of each source where it stands in the file.</summary>
    public IReadOnlyList<MappingEntry> InOrder(IReadOnlyList<MappingEntry> sources)
    {
        if (Place != Place.Pipeline && !Place.HasVariables)
        {
            return [.. _entries.Select(e => e.Entry)];
        }
        var order = new Dictionary<MappingEntry, int>(ReferenceEqualityComparer.Instance);
        foreach (var source in sources)
        {
            order.TryAdd(source, order.Count);
        }
        return [.. _entries.OrderBy(e => e.Source is null ? int.MaxValue : order[e.Source]).Select(e => e.Entry)];
    }
}
