using System.Text.RegularExpressions;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Schema;

/// <summary>From what a step says of its task to the one task that runs.</summary>
/// <remarks>
/// Source: https://github.com/actions/runner/tree/c8afc84/src/Sdk/DTPipelines/Pipelines, Phase.cs and TaskStore.cs. Required inputs are not
/// checked there, nor here: a task that lacks one fails when it runs, in its own words.
/// </remarks>
internal sealed partial class TaskResolver(string jobName, bool isServer, SchemaScope scope)
{
    private readonly List<string> _demands = [];

    /// <summary>What the tasks so far want of an agent.</summary>
    public IReadOnlyList<string> Demands => _demands;

    /// <summary>A task that a shorthand stands for: the catalog's newest of that major version, or else the known one.</summary>
    public PipelineStep Shorthand(PipelineTask known, SourcePosition position, string stepName, IReadOnlyDictionary<string, string> inputs) =>
        Step(Newest(known), position, stepName, inputs);

    /// <summary>The step of a <c>task: name@version</c>; null, and an error, when there is no such task.</summary>
    public PipelineStep? Named(string text, SourcePosition position, string stepName, IReadOnlyDictionary<string, string> inputs)
    {
        var match = Reference().Match(text);
        if (!match.Success)
        {
            scope.Errors.Add(
                position,
                $"Job {jobName}: Step {stepName} has an invalid task definition reference. A valid task definition reference must specify "
                + "either an ID or a name and a version specification with a major version specified.");
            return null;
        }
        var (name, version) = (match.Groups["name"].Value, match.Groups["version"].Value);
        if (scope.Tasks?.FindAmbiguous(name) is { Count: > 1 } ids)
        {
            scope.Errors.Add(
                position,
                $"Job {jobName}: Step {stepName} task reference is invalid. The task name {name} is ambiguous. "
                + $"Specify one of the following identifiers to resolve the ambiguity: {string.Join(", ", ids)}");
            return null;
        }
        if ((scope.Tasks?.Find(name, version) ?? KnownTasks.Find(name, version)) is { } task)
        {
            return Step(task, position, stepName, inputs);
        }
        if (scope.Tasks is not null)
        {
            scope.Errors.Add(
                position,
                $"A task is missing. The pipeline references a task called '{name}'. This usually indicates the task isn't installed, and "
                + "you may be able to install it from the Marketplace: https://marketplace.visualstudio.com. "
                + $"(Task version {version}, job '{jobName}', step '{stepName}'.)");
            return null;
        }
        return new PipelineStep
        {
            TaskName = name,
            TaskId = Guid.TryParse(name, out var id) ? id : Guid.Empty,
            TaskVersion = version,
            Name = "",
            DisplayName = "",
            Inputs = inputs,
        };
    }

    private PipelineTask Newest(PipelineTask known) =>
        scope.Tasks?.Find($"{known.Id}", known.Version.Split('.')[0]) ?? known;

    private PipelineStep Step(PipelineTask task, SourcePosition position, string stepName, IReadOnlyDictionary<string, string> inputs)
    {
        if (task.RunsOnServer != isServer)
        {
            scope.Errors.Add(
                position,
                $"Job {jobName}: Step {stepName} references task '{task.Name}' at version '{task.Version}' which is not valid for the "
                + "given job target.");
        }
        _demands.AddRange(TaskDemands.Of(task));
        return new PipelineStep
        {
            TaskName = task.Name,
            TaskId = task.Id,
            TaskVersion = task.Version,
            Name = "",
            DisplayName = "",
            Inputs = WithoutAliases(task, inputs),
        };
    }

    /// <summary>An alias gives way to the input's own name, unless that one is set too.</summary>
    private static Dictionary<string, string> WithoutAliases(PipelineTask task, IReadOnlyDictionary<string, string> inputs)
    {
        var resolved = new Dictionary<string, string>(inputs, StringComparer.OrdinalIgnoreCase);
        foreach (var input in task.Inputs.Where(i => !resolved.ContainsKey(i.Name)))
        {
            if (input.Aliases.FirstOrDefault(resolved.ContainsKey) is { } alias)
            {
                resolved.Remove(alias, out var value);
                resolved[input.Name] = value!;
            }
        }
        return resolved;
    }

    [GeneratedRegex(@"^(?<name>[^@\s]+)@(?<version>[0-9]+(\.[0-9]+){0,2})(\.\*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}
