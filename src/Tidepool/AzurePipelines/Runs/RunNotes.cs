using System.Text.Json;
using Tidepool.AzurePipelines.Api;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>What clients and jobs write onto a run, beside its course: tags, properties, artifacts.</summary>
internal sealed class RunNotes
{
    private readonly Lock _gate = new();
    private readonly SortedSet<string> _tags = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, JsonElement> _properties = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<BuildArtifact> _artifacts = [];

    /// <summary>Whether somebody asked for it to be kept; nothing here depends on it.</summary>
    public bool KeepForever { get; set; }

    public IReadOnlyList<string> Tags
    {
        get
        {
            lock (_gate)
            {
                return [.. _tags];
            }
        }
    }

    public IReadOnlyDictionary<string, JsonElement> Properties
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, JsonElement>(_properties);
            }
        }
    }

    /// <summary>The artifacts, oldest first.</summary>
    public IReadOnlyList<BuildArtifact> Artifacts
    {
        get
        {
            lock (_gate)
            {
                return [.. _artifacts];
            }
        }
    }

    /// <summary>Changes the tags, which ignore case.</summary>
    /// <returns>All that are there then.</returns>
    public IReadOnlyList<string> ChangeTags(IEnumerable<string> add, IEnumerable<string> remove)
    {
        lock (_gate)
        {
            _tags.ExceptWith(remove);
            _tags.UnionWith(add);
            return [.. _tags];
        }
    }

    /// <summary>Sets properties; one that is null goes.</summary>
    public void SetProperties(IEnumerable<KeyValuePair<string, JsonElement>> properties)
    {
        lock (_gate)
        {
            foreach (var (name, value) in properties)
            {
                if (value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
                {
                    _properties.Remove(name);
                }
                else
                {
                    _properties[name] = value.Clone();
                }
            }
        }
    }

    /// <summary>Adds an artifact. One of the same name from the same job is the same: an agent says it once for each file.</summary>
    /// <returns>The artifact with its id; null where another job has one of that name.</returns>
    public BuildArtifact? Add(BuildArtifact artifact)
    {
        lock (_gate)
        {
            var at = _artifacts.FindIndex(known => known.Name!.Equals(artifact.Name, StringComparison.OrdinalIgnoreCase));
            if (at < 0)
            {
                _artifacts.Add(artifact with { Id = _artifacts.Count + 1 });
                return _artifacts[^1];
            }

            return _artifacts[at].Source == artifact.Source ? _artifacts[at] = artifact with { Id = _artifacts[at].Id } : null;
        }
    }
}
