using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tidepool.Tasks;

/// <summary>Makes the agents' task definition from the one container definition that Terraform renders too.</summary>
public static partial class AgentTaskDefinition
{
    /// <summary>Family of the agents' task definition.</summary>
    public const string Family = "tidepool-agents";

    /// <summary>The volume that the agents of a task share when it is a bind mount.</summary>
    public const string VolumeName = "bind-mount-storage";

    /// <summary>CPU units of the task. 1024 is one vCPU.</summary>
    public const int DefaultCpu = 1024;

    /// <summary>Memory of the task in MiB.</summary>
    public const int DefaultMemoryMiB = 2048;

    /// <summary>Renders the template once for each of <c>agent-1</c> to <c>agent-N</c>.</summary>
    /// <param name="template">A container definition in JSON with plain <c>${name}</c> placeholders.</param>
    /// <param name="agents">Containers of the task, 1 to 10.</param>
    /// <param name="values">By the name of a container, the values of its placeholders but <c>name</c>; exactly those that the template has.</param>
    /// <param name="executionRoleArn">Role that pulls the image and reads the token.</param>
    /// <param name="taskRoleArn">Role of the jobs; null for none.</param>
    /// <exception cref="ProblemException">A placeholder without a value, a value without a placeholder, or no container definition.</exception>
    public static RegisterTaskDefinitionRequest Render(
        string template, int agents, Func<string, IReadOnlyDictionary<string, string>> values, string executionRoleArn, string? taskRoleArn = null)
    {
        if (agents is < 1 or > 10)
        {
            throw new ProblemException(
                "TASK003", $"A task of {agents} agents cannot be.",
                "Use 1 to 10 agents; a Fargate task has 10 containers at most.");
        }

        var containers = Enumerable.Range(1, agents)
            .Select(i => $"agent-{i.ToString(CultureInfo.InvariantCulture)}")
            .Select(name => (Name: name, Values: values(name)))
            .ToArray();
        CheckPlaceholders(template, containers[0].Values);
        var rendered = containers.Select(container => Replace(template, new Dictionary<string, string>(container.Values) { ["name"] = container.Name }));
        var request = TaskDefinitionJson.Read($$"""{ "containerDefinitions": [{{string.Join(",", rendered)}}] }""", "the agents' container definition");
        return request with
        {
            Family = Family,
            Cpu = DefaultCpu.ToString(CultureInfo.InvariantCulture),
            Memory = DefaultMemoryMiB.ToString(CultureInfo.InvariantCulture),
            NetworkMode = "awsvpc",
            RequiresCompatibilities = ["FARGATE"],
            ExecutionRoleArn = executionRoleArn,
            TaskRoleArn = taskRoleArn,
            Volumes = [new TaskVolume { Name = containers[0].Values["volume"] }],
        };
    }

    private static void CheckPlaceholders(string template, IReadOnlyDictionary<string, string> values)
    {
        var names = Placeholder().Matches(template).Select(match => match.Groups["name"].Value).ToHashSet();
        if (Directive().Match(template) is { Success: true } directive)
        {
            throw new ProblemException(
                "TASK002",
                $"The agents' container definition holds \"{directive.Value}\".",
                "Use plain ${name} placeholders only, so that Terraform and Tidepool read it alike.");
        }

        if (names.Where(name => name is not "name" && !values.ContainsKey(name)).Order().ToArray() is { Length: > 0 } missing)
        {
            throw new ProblemException(
                "TASK002", $"The agents' container definition asks for ${{{string.Join("}, ${", missing)}}}, which has no value.",
                $"Remove the placeholder; known are ${{name}}, ${{{string.Join("}, ${", values.Keys.Order())}}}.");
        }

        if (values.Keys.Where(name => !names.Contains(name)).Order().ToArray() is { Length: > 0 } unused)
        {
            throw new ProblemException(
                "TASK002",
                $"The agents' container definition lacks ${{{string.Join("}, ${", unused)}}}.",
                "Put the placeholder back: agents do not come online without it.");
        }
    }

    // The value goes into a JSON string, as jsonencode would write it there.
    private static string Replace(string template, Dictionary<string, string> values) =>
        Placeholder().Replace(template, match => JsonEncodedText.Encode(values[match.Groups["name"].Value]).ToString());

    [GeneratedRegex(@"\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)\}")]
    private static partial Regex Placeholder();

    // $${ and %{ mean something to Terraform, and ${ with anything but a name is an expression.
    [GeneratedRegex(@"\$\$\{|%\{|\$\{(?![A-Za-z_][A-Za-z0-9_]*\})[^}]*\}?")]
    private static partial Regex Directive();
}
