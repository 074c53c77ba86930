using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>The strategy of an ordinary job.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job-strategy. The text about an expression is that of
/// https://github.com/actions/runner/blob/c8afc84/src/Sdk/Resources/PipelineStrings.g.cs
/// </remarks>
internal static class StrategySchema
{
    /// <summary>How many jobs one job may become.</summary>
    /// <remarks>Source: the same repository, JobFactory.cs, a default of 2019; that the service has it today is inferred.</remarks>
    private const int MaxLegs = 100;

    /// <summary>Null when the job runs once.</summary>
    public static JobStrategy? Read(MappingReader owner, PipelineErrors errors)
    {
        switch (owner.Node("strategy"))
        {
            case null or ScalarNode { IsNull: true }:
                return null;
            case MappingNode mapping:
                return ReadMapping(mapping, errors);
            case var other:
                errors.Add(other.Position, Unexpected.Text(other));
                return null;
        }
    }

    private static JobStrategy ReadMapping(MappingNode mapping, PipelineErrors errors)
    {
        var reader = new MappingReader(mapping, KnownKeys.Strategy, errors);
        if (mapping.Entries.FirstOrDefault(e => e.Key.Value is "matrix" or "maxParallel" or "parallel") is { Key.Value: var first })
        {
            // Of the two forms, the first key tells which one this is.
            reader.Refuse(first == "parallel" ? ["matrix", "maxParallel"] : ["parallel"]);
        }
        var strategy = new JobStrategy
        {
            Parallel = reader.NumberOrRuntime("parallel"),
            MaxParallel = reader.NumberOrRuntime("maxParallel"),
            Position = mapping.Position,
        };
        if (MappingReader.ToNumber(strategy.Parallel ?? "") is > MaxLegs and var slices)
        {
            errors.Add(
                reader.Node("parallel")!.Position,
                $"The slicing expansion resulted in {slices} jobs which exceeds the maximum allowable job count of {MaxLegs}.");
        }
        return ReadMatrix(reader, strategy, errors);
    }

    private static JobStrategy ReadMatrix(MappingReader reader, JobStrategy strategy, PipelineErrors errors)
    {
        switch (reader.Node("matrix"))
        {
            case null or ScalarNode { IsNull: true }:
                return strategy;
            case ScalarNode scalar when RuntimeText.ExpressionOf(scalar.Value) is { } expression:
                Conditions.CheckSyntax(expression, scalar.Position, errors);
                return strategy with { MatrixExpression = scalar.Value };
            case ScalarNode scalar:
                errors.Add(
                    scalar.Position,
                    $"'{scalar.Value}' is not a valid expression. Expressions must be enclosed with '$[' and ']'.");
                return strategy;
            case MappingNode { Entries: var legs } matrix:
                if (legs.Count > MaxLegs)
                {
                    errors.Add(
                        matrix.Position,
                        $"The matrix expansion resulted in {legs.Count} jobs which exceeds the maximum allowable job count of {MaxLegs}.");
                }
                return strategy with
                {
                    Matrix = [.. legs.Select(leg => new MatrixLeg(
                        leg.Key.Value, new MappingReader(matrix, errors).Texts(leg.Key.Value), leg.Key.Position))],
                };
            case var other:
                errors.Add(other.Position, Unexpected.Text(other));
                return strategy;
        }
    }
}
