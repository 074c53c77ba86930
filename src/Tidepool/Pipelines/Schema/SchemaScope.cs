using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Schema;

/// <summary>What every part of the schema reads against: where errors go, and what the file may name.</summary>
internal sealed record SchemaScope(PipelineErrors Errors)
{
    private readonly List<RepositoryReference> _inline = [];
    private readonly List<string> _named = [];

    /// <summary>Variable groups by name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> Groups { get; init; } =
        new Dictionary<string, IReadOnlyList<GroupVariable>>();

    /// <summary>What to do about a group that is not there; null says nothing.</summary>
    public string? GroupMend { get; init; }

    /// <summary>Null: every task is taken as it is written.</summary>
    public ITaskCatalog? Tasks { get; init; }

    /// <summary>What the file declares under <c>resources</c>.</summary>
    public PipelineResources Resources { get; init; } = new();

    /// <summary>Repositories that a checkout names by an address and not by an alias.</summary>
    public IReadOnlyList<RepositoryReference> InlineRepositories => _inline;

    /// <summary>The groups that the file names.</summary>
    public IReadOnlyList<string> NamedGroups => [.. _named.Distinct(StringComparer.OrdinalIgnoreCase)];

    public static SchemaScope Of(PipelineSource? source, PipelineErrors errors) => new(errors)
    {
        Groups = source?.Groups ?? new Dictionary<string, IReadOnlyList<GroupVariable>>(),
        GroupMend = source?.GroupMend,
        Tasks = source?.Tasks,
    };

    /// <summary>The variables of a group, its name in any case; null when there is none.</summary>
    public IReadOnlyList<GroupVariable>? Group(string name)
    {
        _named.Add(name);
        return Groups.TryGetValue(name, out var exact) ? exact : Groups.FirstOrDefault(g => GraphNode.Same(g.Key, name)).Value;
    }

    /// <summary>True for <c>self</c> and for every alias under <c>resources.repositories</c>; case is ignored.</summary>
    public bool HasRepository(string alias) =>
        alias.Equals("self", StringComparison.OrdinalIgnoreCase)
        || Resources.Repositories.Any(r => r.Alias.Equals(alias, StringComparison.OrdinalIgnoreCase));

    public void AddInline(RepositoryReference repository)
    {
        if (!_inline.Any(r => r.Alias == repository.Alias))
        {
            _inline.Add(repository);
        }
    }
}
