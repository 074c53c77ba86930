using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>Stages of a pipeline.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/stages-stage and, for manual stages,
/// https://learn.microsoft.com/azure/devops/release-notes/2024/sprint-243-update: they have no dependencies. That those count which such a stage
/// writes itself, and that the stage behind it in the file waits for it, is inferred. The numbering of unnamed stages and the text about a
/// condition that is not valid are inferred.
/// </remarks>
internal sealed class StageSchema(PoolChoice outerPool, SchemaScope scope)
{
    private PipelineErrors Errors => scope.Errors;

    public IReadOnlyList<PipelineStage> Read(YamlNode stages)
    {
        if (stages is not SequenceNode { Items: var items })
        {
            Errors.Add(stages.Position, Unexpected.Text(stages));
            return [];
        }
        var taken = KindOf.NamesIn(items, "stage");
        List<GraphNode> nodes = [];
        List<PipelineStage> read = [];
        var complete = true;
        foreach (var item in items)
        {
            if (KindOf.Node(item, KnownKeys.StageKinds, Errors) is not { } mapping)
            {
                complete = false;
                continue;
            }
            var reader = new MappingReader(mapping, KnownKeys.Stage, Errors);
            var (dependsOn, stage) = ReadStage(reader, reader.Text("stage") is { Length: > 0 } name ? name : Names.Next("Stage", taken), read.LastOrDefault());
            nodes.Add(new GraphNode(stage.Name, dependsOn, reader.Scalar("stage")?.Position ?? mapping.Position));
            read.Add(stage);
        }
        if (complete)
        {
            GraphValidation.Check(nodes, GraphWords.OfStages, stages.Position, Errors);
        }
        return [.. read.Select(stage => stage with { DependsOn = GraphNode.Spelled(stage.DependsOn, nodes) })];
    }

    private (IReadOnlyList<ScalarNode> DependsOn, PipelineStage Stage) ReadStage(MappingReader reader, string name, PipelineStage? previous)
    {
        // Without dependsOn a stage waits for the one before it in the file; a manual one for nothing but somebody.
        var isManual = reader.OneOf("trigger", "manual", "automatic") == "manual";
        var dependsOn = reader.OneOrMany("dependsOn")
            ?? (previous is null || isManual ? [] : [new ScalarNode(previous.Name, ScalarStyle.Plain, reader.Position)]);
        var condition = reader.Text("condition");
        if (Conditions.Fault(condition, ExpressionScopes.StageNames) is { } reason)
        {
            Errors.Add(
                reader.Node("condition")!.Position, $"Stage {name} specifies condition {condition} which is not valid. Reason: {reason}");
        }
        _ = reader.OneOf("lockBehavior", "sequential", "runLatest");
        _ = reader.Flag("isSkippable");
        var pool = PoolSchema.Read(reader, outerPool, Errors);
        var stage = new PipelineStage
        {
            Name = name,
            DisplayName = reader.Text("displayName") is { Length: > 0 } shown ? shown : name,
            DependsOn = [.. dependsOn.Select(d => d.Value)],
            Condition = string.IsNullOrEmpty(condition) ? null : condition,
            Variables = VariableSchema.Read(reader, scope),
            Jobs = reader.Node("jobs") is { } jobs ? new JobSchema(name, pool, scope).Read(jobs) : [],
            IsManual = isManual,
            Position = reader.Position,
        };
        if (!reader.Has("jobs"))
        {
            Errors.Add(reader.Position, GraphWords.OfJobs(name).NoRoot);
        }
        return (dependsOn, stage);
    }
}
