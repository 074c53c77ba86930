using Tidepool.AzurePipelines.State;
using Tidepool.Pipelines;

namespace Tidepool.AzurePipelines.Library;

/// <summary>A variable group of the project, with its secrets.</summary>
internal sealed record VariableGroup
{
    public required int Id { get; init; }
    public required string Name { get; init; }
    public string? Description { get; init; }
    public required IReadOnlyList<GroupVariable> Variables { get; init; }
    public required DateTimeOffset CreatedOn { get; init; }
    public required DateTimeOffset ModifiedOn { get; init; }
}

/// <summary>The project's variable groups. Names ignore case.</summary>
internal sealed class VariableGroups
{
    private readonly Lock _gate = new();
    private readonly ServiceStore? _store;
    private readonly TimeProvider _clock;
    private readonly List<VariableGroup> _all;
    private int _lastId;

    /// <param name="given">Groups that are there from the start; one that is kept under such a name gives way to it.</param>
    /// <param name="clock">The time.</param>
    /// <param name="store">Where groups are kept; null: they end with the service.</param>
    public VariableGroups(IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> given, TimeProvider clock, ServiceStore? store)
    {
        (_clock, _store, _all) = (clock, store, [.. store?.Groups() ?? []]);
        _lastId = _all.Select(group => group.Id).DefaultIfEmpty().Max();
        foreach (var (name, variables) in given)
        {
            _ = Find(name) is { } known ? Replace(known.Id, name, known.Description, variables) : Add(name, description: null, variables);
        }
    }

    public IReadOnlyList<VariableGroup> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _all];
            }
        }
    }

    /// <summary>The variables by the groups' names, as a pipeline's reading wants them.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> ByName() =>
        All.ToDictionary(group => group.Name, group => group.Variables, StringComparer.OrdinalIgnoreCase);

    public VariableGroup? Find(int id) => All.FirstOrDefault(group => group.Id == id);

    public VariableGroup? Find(string name) => All.FirstOrDefault(group => IsNamed(group, name));

    /// <summary>Adds a group; null when there is one of that name.</summary>
    public VariableGroup? Add(string name, string? description, IReadOnlyList<GroupVariable> variables)
    {
        lock (_gate)
        {
            if (_all.Any(group => IsNamed(group, name)))
            {
                return null;
            }

            var now = _clock.GetUtcNow();
            var added = new VariableGroup { Id = ++_lastId, Name = name, Description = description, Variables = variables, CreatedOn = now, ModifiedOn = now };
            _store?.Save(added);
            _all.Add(added);
            return added;
        }
    }

    /// <summary>Gives a group another content; null when another group has that name.</summary>
    /// <param name="id">A group that exists, or one that was removed meanwhile, which is no group then.</param>
    /// <param name="name">Its name from now on.</param>
    /// <param name="description">Its description from now on.</param>
    /// <param name="variables">All its variables.</param>
    public VariableGroup? Replace(int id, string name, string? description, IReadOnlyList<GroupVariable> variables)
    {
        lock (_gate)
        {
            var at = _all.FindIndex(group => group.Id == id);
            if (at < 0 || _all.Any(group => group.Id != id && IsNamed(group, name)))
            {
                return null;
            }

            var changed = _all[at] with { Name = name, Description = description, Variables = variables, ModifiedOn = _clock.GetUtcNow() };
            _store?.Save(changed);
            return _all[at] = changed;
        }
    }

    /// <summary>Removes a group; one that is gone is no error.</summary>
    public void Remove(int id)
    {
        lock (_gate)
        {
            _store?.RemoveGroup(id);
            _all.RemoveAll(group => group.Id == id);
        }
    }

    private static bool IsNamed(VariableGroup group, string name) => group.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
