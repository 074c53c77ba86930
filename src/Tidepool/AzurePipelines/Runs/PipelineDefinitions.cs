using Tidepool.AzurePipelines.State;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>A pipeline that runs can be made of.</summary>
/// <param name="Id">Its number, from 1.</param>
/// <param name="Name">As users know it.</param>
/// <param name="Folder">As in <c>\\site</c>; the root is <c>\\</c>.</param>
/// <param name="Path">The YAML file's path in the repository, without a leading slash; null for one that runs get their graph for otherwise.</param>
/// <param name="Repository">The repository's name; null as the path is.</param>
internal sealed record PipelineDefinition(int Id, string Name, string Folder, string? Path, string? Repository);

/// <summary>All pipelines since the service started. Names are unique in a folder, and ignore case.</summary>
/// <param name="store">Where they outlive the service; null for nowhere.</param>
internal sealed class PipelineDefinitions(ServiceStore? store = null)
{
    public const string Root = "\\";

    private readonly Lock _gate = new();
    private readonly List<PipelineDefinition> _all = [.. store?.Definitions() ?? []];

    public IReadOnlyList<PipelineDefinition> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _all];
            }
        }
    }

    public PipelineDefinition? Find(int id) => All.FirstOrDefault(definition => definition.Id == id);

    /// <summary>Adds one; null when its name is taken.</summary>
    public PipelineDefinition? Add(string name, string folder, string? path, string? repository)
    {
        lock (_gate)
        {
            if (Find(name, folder) is not null)
            {
                return null;
            }

            var definition = new PipelineDefinition(_all.Count + 1, name, folder, path, repository);
            store?.Add(definition);
            _all.Add(definition);
            return definition;
        }
    }

    /// <summary>The one of that name in the root folder, made where it is missing.</summary>
    public PipelineDefinition Named(string name)
    {
        lock (_gate)
        {
            return Find(name, Root) ?? Add(name, Root, path: null, repository: null)!;
        }
    }

    private PipelineDefinition? Find(string name, string folder) => _all.FirstOrDefault(known =>
        known.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && known.Folder.Equals(folder, StringComparison.OrdinalIgnoreCase));
}
