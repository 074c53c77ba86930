using System.Text.Json;

namespace Tidepool.Deployment.Infrastructure;

/// <summary>What the configuration says it made: the outputs of <c>terraform/</c>.</summary>
public sealed record TerraformOutputs
{
    public required string Region { get; init; }
    public required string ClusterName { get; init; }
    public required string ServiceName { get; init; }

    /// <summary><c>bind</c>, <c>ebs</c> or <c>efs</c>.</summary>
    public required string Storage { get; init; }

    /// <summary>The ECR repository; null with an image of the user's own.</summary>
    public string? RepositoryName { get; init; }
    public string? RepositoryUrl { get; init; }

    /// <summary>The image that the task definition names.</summary>
    public required string Image { get; init; }

    /// <summary><c>ARM64</c> or <c>X86_64</c>.</summary>
    public required string CpuArchitecture { get; init; }
    public required string TokenSecretArn { get; init; }
    public required string TokenSecretName { get; init; }

    /// <summary>Log group of each agent's container.</summary>
    public required IReadOnlyDictionary<string, string> LogGroups { get; init; }
    public required string TaskDefinitionArn { get; init; }

    /// <summary>Tasks that the service asks for now; 0 while something is waited for.</summary>
    public required int DesiredCount { get; init; }

    /// <summary>What is not there yet: <c>image</c>, <c>token</c>. Empty when tasks are asked for.</summary>
    public required IReadOnlyList<string> WaitingFor { get; init; }
    public required string AzpUrl { get; init; }
    public required string AzpPool { get; init; }

    /// <summary>Agents of one task.</summary>
    public int AgentsPerTask => LogGroups.Count;

    /// <summary>The task definition's family and revision, as in <c>tidepool:7</c>.</summary>
    public string Revision => TaskDefinitionArn[(TaskDefinitionArn.LastIndexOf('/') + 1)..];

    /// <summary>Null when nothing is deployed: the state has no outputs.</summary>
    /// <exception cref="ProblemException">TERRAFORM010: there are outputs, and one that is needed is missing.</exception>
    internal static TerraformOutputs? Read(string json)
    {
        var outputs = JsonSerializer.Deserialize(json, TerraformJson.Default.DictionaryStringTerraformOutput) ?? [];
        return outputs.Count == 0 ? null : new TerraformOutputs
        {
            Region = Text("region"),
            ClusterName = Text("cluster_name"),
            ServiceName = Text("service_name"),
            Storage = Text("storage"),
            RepositoryName = Optional("repository_name"),
            RepositoryUrl = Optional("repository_url"),
            Image = Text("image"),
            CpuArchitecture = Text("cpu_architecture"),
            TokenSecretArn = Text("token_secret_arn"),
            TokenSecretName = Text("token_secret_name"),
            LogGroups = Of("log_groups").EnumerateObject().ToDictionary(group => group.Name, group => group.Value.GetString()!),
            TaskDefinitionArn = Text("task_definition_arn"),
            DesiredCount = Of("desired_count").GetInt32(),
            WaitingFor = [.. Of("waiting_for").EnumerateArray().Select(item => item.GetString()!)],
            AzpUrl = Text("azp_url"),
            AzpPool = Text("azp_pool"),
        };

        JsonElement Of(string name) => outputs.TryGetValue(name, out var output) && output.Value.ValueKind != JsonValueKind.Null
            ? output.Value
            : throw new ProblemException(
                "TERRAFORM010",
                $"The Terraform state has no output \"{name}\".",
                "It was made by another version of the configuration, or its apply was cut short: run ./tidepool up.");

        string Text(string name) => Of(name).GetString()!;

        string? Optional(string name) => outputs.TryGetValue(name, out var output) ? output.Value.GetString() : null;
    }
}
