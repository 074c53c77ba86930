using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>The file's root: shorthands become one stage and one job.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/pipeline</remarks>
internal static class PipelineSchema
{
    private static readonly string[] Bodies = ["stages", "jobs", "steps"];
    private static readonly string[] OtherBodies = ["extends", "phases"];

    public static Pipeline Read(YamlNode root, PipelineErrors errors)
    {
        if (root is not MappingNode mapping)
        {
            errors.Add(root.Position, Unexpected.Text(root));
            return new Pipeline();
        }
        var reader = new MappingReader(mapping, KnownKeys.Pipeline, errors);
        var pool = PoolSchema.Read(reader, null, errors);
        var pipeline = new Pipeline
        {
            RunName = reader.Text("name") ?? Pipeline.DefaultRunName,
            Variables = VariableSchema.Read(reader, errors),
        };
        var bodies = mapping.Entries.Where(e => Bodies.Contains(e.Key.Value)).ToList();
        foreach (var extra in bodies.Skip(1))
        {
            errors.Add(extra.Key.Position, $"Unexpected value '{extra.Key.Value}'");
        }
        if (bodies is not [{ Key.Value: var body, Value: var content }, ..])
        {
            if (!mapping.Entries.Any(e => OtherBodies.Contains(e.Key.Value)))
            {
                errors.Add(root.Position, "The pipeline has no stages, jobs or steps. Write one of them.");
            }
            return pipeline;
        }
        if (body != "steps")
        {
            reader.Refuse("continueOnError", "workspace", "timeoutInMinutes", "cancelTimeoutInMinutes");
        }
        return pipeline with
        {
            Stages = content is ScalarNode { IsFailed: true } ? [] : body switch
            {
                "stages" => new StageSchema(pool, errors).Read(content),
                "jobs" => [Implied(content, new JobSchema(PipelineStage.DefaultName, pool, errors).Read(content))],
                _ => [Implied(content, [new JobSchema(PipelineStage.DefaultName, pool, errors).ReadImplied(reader, content)])],
            },
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
