using System.Text.Json;

namespace Tidepool.Deployment.Infrastructure;

/// <summary>What the configuration says it made: the outputs of <c>terraform/</c>.</summary>
public sealed record TerraformOutputs
{
    private static readonly string[] Needed =
    [
        "region", "cluster_name", "service_name", "storage", "image", "cpu_architecture", "token_secret_arn", "token_secret_name", "log_groups",
        "task_definition_arn", "desired_count", "waiting_for", "azp_pool",
    ];

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

    /// <summary>What is not there yet: <c>azp_url</c>, <c>image</c>, <c>token</c>. Empty when tasks are asked for.</summary>
    public required IReadOnlyList<string> WaitingFor { get; init; }

    /// <summary>Null before the organization is known.</summary>
    public string? AzpUrl { get; init; }
    public required string AzpPool { get; init; }

    /// <summary>Agents of one task.</summary>
    public int AgentsPerTask => LogGroups.Count;

    /// <summary>The task definition's family, as in <c>tidepool-agents</c>.</summary>
    public string Family => TaskDefinitionArn[(TaskDefinitionArn.LastIndexOf('/') + 1)..TaskDefinitionArn.LastIndexOf(':')];

    /// <summary>Null when nothing is deployed, or an apply was cut short before all of it was.</summary>
    internal static TerraformOutputs? Read(string json)
    {
        var outputs = JsonSerializer.Deserialize(json, TerraformJson.Default.DictionaryStringTerraformOutput) ?? [];
        if (Needed.Any(name => !outputs.TryGetValue(name, out var output) || output.Value.ValueKind == JsonValueKind.Null))
        {
            return null;
        }

        return new TerraformOutputs
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
            LogGroups = outputs["log_groups"].Value.EnumerateObject().ToDictionary(group => group.Name, group => group.Value.GetString()!),
            TaskDefinitionArn = Text("task_definition_arn"),
            DesiredCount = outputs["desired_count"].Value.GetInt32(),
            WaitingFor = [.. outputs["waiting_for"].Value.EnumerateArray().Select(item => item.GetString()!)],
            AzpUrl = Optional("azp_url"),
            AzpPool = Text("azp_pool"),
        };

        string Text(string name) => outputs[name].Value.GetString()!;

        string? Optional(string name) => outputs.TryGetValue(name, out var output) ? output.Value.GetString() : null;
    }
}
