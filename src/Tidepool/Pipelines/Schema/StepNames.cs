using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Schema;

/// <summary>Reference names of steps: the user's are checked, the others are made up as the service does.</summary>
internal static class StepNames
{
    /// <summary>One unnamed step of a task gets the task's name; several get it with a number; taken names are skipped.</summary>
    /// <remarks>Source: https://github.com/actions/runner/tree/c8afc84/src/Sdk/DTPipelines</remarks>
    public static IReadOnlyList<PipelineStep> Assign(IReadOnlyList<PipelineStep> steps, string jobName, PipelineErrors errors)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var step in steps.Where(s => s.Name.Length > 0))
        {
            if (!Names.IsValid(step.Name))
            {
                errors.Add(
                    step.Position,
                    $"Job {jobName}: Step {step.Name} has an invalid name. "
                    + "Valid names may only contain alphanumeric characters and '_' and may not start with a number.");
            }
            if (!taken.Add(step.Name))
            {
                errors.Add(
                    step.Position,
                    $"Job {jobName}: The step name {step.Name} appears more than once. Step names must be unique within a job.");
            }
        }
        var unnamed = steps.Where(s => s.Name.Length == 0).CountBy(s => Names.Sanitize(s.TaskName), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(StringComparer.OrdinalIgnoreCase);
        return [.. steps.Select(step => step.Name.Length > 0 ? step : Named(step, unnamed, taken))];
    }

    private static PipelineStep Named(PipelineStep step, Dictionary<string, int> unnamed, HashSet<string> taken)
    {
        var task = Names.Sanitize(step.TaskName);
        var name = unnamed[task] == 1 && taken.Add(task) ? task : Names.Next(task, taken);
        return step with { Name = name, DisplayName = step.DisplayName.Length > 0 ? step.DisplayName : task };
    }
}
