using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>Stages of a pipeline.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/stages-stage. The numbering of unnamed stages and the text about a
/// condition that is not valid are inferred.
/// </remarks>
internal sealed class StageSchema(PipelinePool? outerPool, PipelineErrors errors)
{
    public IReadOnlyList<PipelineStage> Read(YamlNode stages)
    {
        if (stages is not SequenceNode { Items: var items })
        {
            errors.Add(stages.Position, Unexpected.Text(stages));
            return [];
        }
        var taken = KindOf.NamesIn(items, "stage");
        List<GraphNode> nodes = [];
        List<PipelineStage> read = [];
        var complete = true;
        foreach (var item in items)
        {
            if (KindOf.Node(item, KnownKeys.StageKinds, errors) is not { } mapping)
            {
                complete = false;
                continue;
            }
            var reader = new MappingReader(mapping, KnownKeys.Stage, errors);
            var (dependsOn, stage) = ReadStage(reader, reader.Text("stage") ?? Names.Next("Stage", taken), read.LastOrDefault());
            nodes.Add(new GraphNode(stage.Name, dependsOn, reader.Scalar("stage")?.Position ?? mapping.Position));
            read.Add(stage);
        }
        if (complete)
        {
            GraphValidation.Check(nodes, GraphWords.OfStages, stages.Position, errors);
        }
        return [.. read.Select(stage => stage with { DependsOn = GraphNode.Spelled(stage.DependsOn, nodes) })];
    }

    private (IReadOnlyList<ScalarNode> DependsOn, PipelineStage Stage) ReadStage(MappingReader reader, string name, PipelineStage? previous)
    {
        // Without dependsOn a stage waits for the one before it in the file.
        var dependsOn = reader.OneOrMany("dependsOn")
            ?? (previous is null ? [] : [new ScalarNode(previous.Name, ScalarStyle.Plain, reader.Position)]);
        var condition = reader.Text("condition");
        if (Conditions.Fault(condition, ExpressionScopes.StageNames) is { } reason)
        {
            errors.Add(
                reader.Node("condition")!.Position, $"Stage {name} specifies condition {condition} which is not valid. Reason: {reason}");
        }
        if (reader.Scalar("trigger") is { Value: not "automatic" } trigger)
        {
            errors.Add(trigger.Position, trigger.Value == "manual" ? Refusal.Of("trigger: manual") : Unexpected.Text(trigger));
        }
        var pool = PoolSchema.Read(reader, outerPool, errors);
        var stage = new PipelineStage
        {
            Name = name,
            DisplayName = reader.Text("displayName") ?? name,
            DependsOn = [.. dependsOn.Select(d => d.Value)],
            Condition = string.IsNullOrEmpty(condition) ? null : condition,
            Variables = VariableSchema.Read(reader, errors),
            Jobs = reader.Node("jobs") is { } jobs ? new JobSchema(name, pool, errors).Read(jobs) : [],
            Position = reader.Position,
        };
        if (!reader.Has("jobs"))
        {
            errors.Add(reader.Position, GraphWords.OfJobs(name).NoRoot);
        }
        return (dependsOn, stage);
    }
}
