using Tidepool.Tasks;

namespace Tidepool.Fargate.Runtimes.Engine;

/// <summary>What every container and network of an environment carries, so that it is found when its owner is gone. Never a secret.</summary>
internal static class EngineLabels
{
    /// <summary>Folder of the environment.</summary>
    public const string Environment = "tidepool.environment";

    /// <summary>What the container is for: <c>holder</c>, <c>seed</c> or <c>container</c>.</summary>
    public const string Role = "tidepool.role";

    public const string Holder = "holder";
    public const string Seed = "seed";
    public const string Container = "container";

    // The names of the ECS agent. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html
    private const string Prefix = "com.amazonaws.ecs.";
    private const string TaskArn = $"{Prefix}task-arn";

    /// <summary>Labels of a container of a task.</summary>
    public static Dictionary<string, string> Of(string environmentFolder, RuntimeTask task, string role) => new()
    {
        [Environment] = environmentFolder,
        [Role] = role,
        [TaskArn] = task.TaskArn,
        [$"{Prefix}task-definition-family"] = task.Definition.Family,
        [$"{Prefix}task-definition-version"] = $"{task.Definition.Revision}",
    };

    /// <summary>Labels of a holder, which is made before its task is known.</summary>
    public static Dictionary<string, string> OfHolder(string environmentFolder) => new() { [Environment] = environmentFolder, [Role] = Holder };

    /// <summary>Labels of a container of the task definition: its own, and above them ours.</summary>
    public static Dictionary<string, string> Of(string environmentFolder, RuntimeTask task, ContainerDefinition container)
    {
        var labels = new Dictionary<string, string>(container.DockerLabels);
        foreach (var (name, value) in Of(environmentFolder, task, Container))
        {
            labels[name] = value;
        }

        labels[$"{Prefix}container-name"] = container.Name;
        return labels;
    }

    /// <summary>Filter of the engine's lists for what an environment has, or for what any has.</summary>
    public static Dictionary<string, IDictionary<string, bool>> Filter(string? environmentFolder) =>
        Having(environmentFolder is null ? Environment : $"{Environment}={environmentFolder}");

    /// <summary>Filter of the engine's lists for what a task has.</summary>
    public static Dictionary<string, IDictionary<string, bool>> OfTask(string taskArn) => Having($"{TaskArn}={taskArn}");

    private static Dictionary<string, IDictionary<string, bool>> Having(string label) => new() { ["label"] = new Dictionary<string, bool> { [label] = true } };
}
