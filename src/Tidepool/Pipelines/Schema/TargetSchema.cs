using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>Where a step runs, and what its logging commands may do.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/target</remarks>
internal static class TargetSchema
{
    private const string Host = "host";

    /// <summary>Null for the host with all logging commands; containers are refused.</summary>
    public static StepTarget? Read(MappingReader step, PipelineErrors errors)
    {
        switch (step.Node("target"))
        {
            case null or ScalarNode { IsNull: true }:
                return null;
            case ScalarNode container:
                RefuseContainer(container, errors);
                return null;
            case MappingNode mapping:
                var reader = new MappingReader(mapping, KnownKeys.Target, errors);
                if (reader.Scalar("container") is { IsNull: false } named)
                {
                    RefuseContainer(named, errors);
                }
                var variables = reader.OneOrMany("settableVariables");
                var isNone = variables is [{ Value: var only }] && reader.Node("settableVariables") is ScalarNode
                    && only.Equals("none", StringComparison.OrdinalIgnoreCase);
                if (!isNone && reader.Node("settableVariables") is ScalarNode { IsNull: false } text)
                {
                    errors.Add(text.Position, Unexpected.Text(text));
                }
                return new StepTarget(
                    null,
                    reader.OneOf("commands", "any", "restricted") == "restricted",
                    isNone ? [] : variables is null ? null : [.. variables.Select(v => v.Value)]);
            case var other:
                errors.Add(other.Position, Unexpected.Text(other));
                return null;
        }
    }

    private static void RefuseContainer(ScalarNode container, PipelineErrors errors)
    {
        if (container.Value != Host)
        {
            errors.Add(container.Position, Refusal.NoEngine($"target: {container.Value}"));
        }
    }
}
