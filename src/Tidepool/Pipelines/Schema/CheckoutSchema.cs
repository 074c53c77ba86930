using Tidepool.AgentProtocol;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>The checkout step.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps-checkout</remarks>
internal static class CheckoutSchema
{
    /// <summary>What a job without a checkout gets.</summary>
    public static PipelineStep Self(SourcePosition position) => new()
    {
        TaskName = "Checkout",
        TaskId = TaskReference.Checkout,
        TaskVersion = "1.0.0",
        Name = "",
        DisplayName = "Checkout self",
        Inputs = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["repository"] = "self" },
        Position = position,
    };

    /// <summary>The step with its inputs; null for <c>none</c> and for what is refused.</summary>
    public static PipelineStep? Read(MappingReader reader, PipelineErrors errors)
    {
        var repository = reader.Scalar("checkout");
        var step = Self(reader.Position);
        var inputs = new Dictionary<string, string>(step.Inputs, StringComparer.OrdinalIgnoreCase);
        foreach (var key in (string[])["clean", "fetchTags", "persistCredentials"])
        {
            if (reader.Flag(key) is { } flag)
            {
                inputs[key] = flag ? "true" : "false";
            }
        }
        if (reader.Number("fetchDepth") is { } depth)
        {
            inputs["fetchDepth"] = $"{depth}";
        }
        if (reader.Text("path") is { } path)
        {
            inputs["path"] = path;
        }
        foreach (var key in (string[])["lfs", "submodules"])
        {
            if (reader.Scalar(key) is { } scalar && MappingReader.ToFlag(scalar.Value) != false)
            {
                errors.Add(scalar.Position, Refusal.Of($"{key}: {scalar.Value}"));
            }
        }
        return repository?.Value switch
        {
            "self" => step with { Inputs = inputs },
            null or "none" => null,
            var other => Unknown(other, repository, errors),
        };
    }

    private static PipelineStep? Unknown(string repository, ScalarNode at, PipelineErrors errors)
    {
        errors.Add(at.Position, repository.Contains("://", StringComparison.Ordinal)
            ? Refusal.Of($"checkout: {repository}")
            : $"The checkout step references the repository '{repository}' which is not defined by the pipeline");
        return null;
    }
}
