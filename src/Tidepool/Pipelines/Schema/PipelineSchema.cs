using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>The file's root: shorthands become one stage and one job.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/pipeline</remarks>
internal static class PipelineSchema
{
    private static readonly string[] Bodies = ["stages", "jobs", "phases", "steps"];

    /// <summary>The graph of an expanded file.</summary>
    /// <param name="root">The file without templates, directives and <c>parameters</c>.</param>
    /// <param name="source">Where groups and tasks come from; null when there are none.</param>
    public static Pipeline Read(YamlNode root, PipelineSource? source, PipelineErrors errors)
    {
        if (root is not MappingNode mapping)
        {
            errors.Add(root.Position, Unexpected.Text(root));
            return new Pipeline();
        }
        // A template that could not be opened leaves nothing behind, and its error is told already.
        var isWhole = !errors.Any;
        var reader = new MappingReader(mapping, KnownKeys.Pipeline, errors);
        var scope = SchemaScope.Of(source, errors) with { Resources = ResourceSchema.Read(reader, errors) };
        _ = reader.OneOf("lockBehavior", "sequential", "runLatest");
        var pipeline = new Pipeline
        {
            RunName = reader.Text("name") is { Length: > 0 } name ? name : Pipeline.DefaultRunName,
            AppendCommitMessageToRunName = reader.Flag("appendCommitMessageToRunName") ?? true,
            Variables = VariableSchema.Read(reader, scope),
            Resources = scope.Resources,
        };
        return ReadBody(mapping, reader, scope, isWhole) is { } stages
            ? pipeline with
            {
                Stages = stages,
                Groups = scope.NamedGroups,
                Resources = scope.Resources with { Repositories = [.. scope.Resources.Repositories, .. scope.InlineRepositories] },
            }
            : pipeline;
    }

    private static IReadOnlyList<PipelineStage>? ReadBody(MappingNode root, MappingReader reader, SchemaScope scope, bool isWhole)
    {
        var bodies = root.Entries.Where(e => Bodies.Contains(e.Key.Value)).ToList();
        foreach (var extra in bodies.Skip(1))
        {
            scope.Errors.Add(extra.Key.Position, $"Unexpected value '{extra.Key.Value}'");
        }
        if (bodies is not [{ Key.Value: var body, Value: var content }, ..])
        {
            if (isWhole)
            {
                scope.Errors.Add(root.Position, "The pipeline has no stages, jobs or steps. Write one of them.");
            }
            return null;
        }
        if (body == "steps")
        {
            var implied = new MappingReader(LegacyShorthand.ToPool(root, scope.Errors), scope.Errors);
            var own = PoolSchema.Read(implied, PoolChoice.None, scope.Errors);
            return [Implied(content, [new JobSchema(PipelineStage.DefaultName, own, scope).ReadImplied(implied, content)])];
        }
        reader.Refuse([.. KnownKeys.StepsOnly.Where(k => !KnownKeys.Pipeline.NotYet.Contains(k))]);
        var pool = PoolSchema.Read(reader, PoolChoice.None, scope.Errors);
        if (content is ScalarNode { IsFailed: true })
        {
            return [];
        }
        return body switch
        {
            "stages" => new StageSchema(pool, scope).Read(content),
            "jobs" => [Implied(content, new JobSchema(PipelineStage.DefaultName, pool, scope).Read(content))],
            _ => [Implied(content, new JobSchema(PipelineStage.DefaultName, pool, scope).ReadPhases(content))],
        };
    }

    private static PipelineStage Implied(YamlNode content, IReadOnlyList<PipelineJob> jobs) => new()
    {
        Name = PipelineStage.DefaultName,
        DisplayName = PipelineStage.DefaultName,
        Jobs = jobs,
        Position = content.Position,
    };
}
