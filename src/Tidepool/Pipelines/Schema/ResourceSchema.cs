using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>The key <c>resources</c>, as it is and as it was: a list with <c>repo: self</c>.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources. That a repository without a type is one of Azure Repos
/// is inferred.
/// </remarks>
internal static class ResourceSchema
{
    public static PipelineResources Read(MappingReader root, PipelineErrors errors)
    {
        switch (root.Node("resources"))
        {
            case null or ScalarNode { IsNull: true }:
                return new PipelineResources();
            case MappingNode mapping:
                var reader = new MappingReader(mapping, KnownKeys.Resources, errors);
                return new PipelineResources
                {
                    Repositories = Unique(
                        [.. Items(reader, "repositories", "repository", errors).Select(m => Repository(m, errors))], r => r.Alias, r => r.Position, errors),
                    Containers = [.. Items(reader, "containers", "container", errors).Select(m => Text(m, "container", errors))],
                    Pipelines = Unique(
                        [.. Items(reader, "pipelines", "pipeline", errors).Select(m => OtherPipeline(m, errors))], p => p.Alias, p => p.Position, errors),
                };
            case SequenceNode { Items: var items }:
                foreach (var item in items)
                {
                    ReadLegacy(item, errors);
                }
                return new PipelineResources();
            case var other:
                errors.Add(other.Position, Unexpected.Text(other));
                return new PipelineResources();
        }
    }

    /// <summary>The options of <c>- repo: self</c> are those of a checkout, which has them itself today: they are left out.</summary>
    private static void ReadLegacy(YamlNode item, PipelineErrors errors)
    {
        if (KindOf.Node(item, ["repo"], errors) is { } mapping)
        {
            var reader = new MappingReader(mapping, KnownKeys.LegacyRepository, errors);
            _ = reader.OneOf("repo", "self");
            _ = reader.Flag("clean");
            _ = reader.Number("fetchDepth");
            _ = reader.Flag("lfs");
        }
    }

    private static List<MappingNode> Items(MappingReader resources, string key, string kind, PipelineErrors errors)
    {
        switch (resources.Node(key))
        {
            case null or ScalarNode { IsNull: true }:
                return [];
            case SequenceNode { Items: var items }:
                return [.. items.Select(i => KindOf.Node(i, [kind], errors)).OfType<MappingNode>()];
            case var other:
                errors.Add(other.Position, Unexpected.Text(other));
                return [];
        }
    }

    private static RepositoryReference Repository(MappingNode mapping, PipelineErrors errors)
    {
        // The schema leaves this mapping open; triggers mean nothing to a run that is queued by hand.
        var reader = new MappingReader(mapping, errors);
        var alias = reader.Text("repository") ?? "";
        return new RepositoryReference(
            alias,
            reader.OneOf("type", "git", "github", "githubenterprise", "bitbucket", "tfsgit", "tfsversioncontrol") ?? "git",
            reader.Text("name") ?? alias,
            reader.Text("ref"),
            reader.Text("endpoint"),
            mapping.Position);
    }

    private static PipelineReference OtherPipeline(MappingNode mapping, PipelineErrors errors)
    {
        var reader = new MappingReader(mapping, KnownKeys.PipelineResource, errors);
        return new PipelineReference(
            reader.Text("pipeline") ?? "",
            reader.Text("project"),
            reader.Text("source"),
            reader.Text("version"),
            reader.Text("branch"),
            mapping.Position);
    }

    private static string Text(MappingNode mapping, string key, PipelineErrors errors) => new MappingReader(mapping, errors).Text(key) ?? "";

    private static List<T> Unique<T>(List<T> all, Func<T, string> alias, Func<T, SourcePosition> position, PipelineErrors errors)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var one in all.Where(one => !seen.Add(alias(one))))
        {
            errors.Add(position(one), $"'{alias(one)}' is already defined");
        }
        return all;
    }
}
