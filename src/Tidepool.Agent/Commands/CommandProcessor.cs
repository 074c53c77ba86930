using System.Globalization;
using Tidepool.Agent.Jobs;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Commands;

/// <summary>Does what the logging commands of one step say.</summary>
/// <param name="stopStep">Ends the step's processes, for <c>task.complete done=true</c>.</param>
internal sealed class CommandProcessor(JobContext job, StepContext step, Action stopStep)
{
    /// <summary>The worst result that a command gave the step; null where none did.</summary>
    public JobStatus? Result { get; private set; }

    /// <summary>Acts on a line that is a command; false leaves the line to be shown.</summary>
    public bool TryRun(string line)
    {
        if (!LoggingCommand.TryParse(line, out var command))
        {
            return false;
        }
        switch (command.Area, command.Event)
        {
            case ("task", "setvariable"):
                SetVariable(command);
                break;
            case ("task", "setsecret"):
                job.Secrets.Add(command.Data);
                break;
            case ("task", "logissue" or "issue"):
                LogIssue(command);
                break;
            case ("task", "complete"):
                Complete(command);
                break;
            case ("task", "prependpath"):
                PrependPath(command);
                break;
            case ("task", "setprogress"):
                SetProgress(command);
                break;
            case ("task", "debug"):
                step.Debug(command.Data);
                break;
            case ("task", "logdetail"):
                // Details are a tree of records below the step's; the live view has no place for it.
                break;
            case ("build", "updatebuildnumber" or "addbuildtag"):
            case ("task" or "build" or "artifact" or "results" or "codecoverage" or "telemetry" or "release", _):
                step.Output.Warning(
                    $"##vso[{command.Area}.{command.Event}] is not supported yet by the built-in agent and was passed over.");
                break;
            default:
                step.Output.Warning($"##vso[{command.Area}.{command.Event}] is no logging command: there is no area '{command.Area}'.");
                break;
        }
        return true;
    }

    private void SetVariable(LoggingCommand command)
    {
        var name = command["variable"];
        var isSecret = command.IsTrue("issecret");
        var isOutput = command.IsTrue("isoutput");
        if (name.Length == 0)
        {
            Fail("Required field 'variable' is missing in ##vso[task.setvariable] command.");
            return;
        }
        if (isSecret && command.Data.AsSpan().ContainsAny('\r', '\n'))
        {
            // Masked all the same: the value is out now, and what follows may print it.
            job.Secrets.Add(command.Data);
            Fail("Secrets cannot contain multiple lines");
            return;
        }
        var fullName = isOutput ? $"{step.Step.Name}.{name}" : name;
        if (ReadOnlyName(name, fullName) is { } readOnly && !AllowOverwrite(readOnly))
        {
            return;
        }
        if (isSecret)
        {
            job.Secrets.Add(command.Data);
        }
        job.Variables.Set(new(fullName, command.Data, isSecret, isOutput || command.IsTrue("isreadonly"), command.IsTrue("preservecase"))
        {
            IsOutput = isOutput,
        });
        if (isOutput)
        {
            step.Record.Update(record => record with
            {
                Variables = new Dictionary<string, VariableValue>(record.Variables ?? new Dictionary<string, VariableValue>())
                {
                    [name] = new() { Value = command.Data, IsSecret = isSecret ? true : null },
                },
            });
        }
    }

    /// <summary>
    /// The read-only variable that stands in the way; null for none. An output is read-only to all but the command that
    /// set it: set as an output again, its last value counts.
    /// </summary>
    private string? ReadOnlyName(string name, string fullName)
    {
        if (job.Variables.Find(name) is { IsReadOnly: true })
        {
            return name;
        }
        return job.Variables.Find(fullName) is { IsReadOnly: true, IsOutput: var isOutput } && !(isOutput && name != fullName) ? fullName : null;
    }

    private bool AllowOverwrite(string name)
    {
        if (string.Equals(job.Variables.Value("agent.readOnlyVariables"), "false", StringComparison.OrdinalIgnoreCase))
        {
            step.Output.Warning($"Overwriting readonly variable '{name}'. This behavior will be disabled in the future.");
            return true;
        }
        Fail($"Overwriting readonly variable '{name}' is not permitted.");
        return false;
    }

    private void LogIssue(LoggingCommand command)
    {
        // The source's place, as the service shows it beside the issue.
        var data = command.Properties.Where(property => !string.Equals(property.Key, "type", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(property => property.Key, property => property.Value);
        switch (command["type"].ToLowerInvariant())
        {
            case "error":
                step.Output.Error(command.Data, data);
                break;
            case "warning":
                step.Output.Warning(command.Data, data);
                break;
            case var other:
                Fail($"issue type {other} is not an expected issue type.");
                break;
        }
    }

    private void Complete(LoggingCommand command)
    {
        if (!Enum.TryParse<JobStatus>(command["result"], ignoreCase: true, out var result) || !Enum.IsDefined(result))
        {
            Fail($"Command doesn't have valid result value: '{command["result"]}'.");
            return;
        }
        Result = result.Merge(Result);
        if (command.Data.Length > 0)
        {
            step.Record.Update(record => record with { CurrentOperation = job.Secrets.Apply(command.Data) });
        }
        if (command.IsTrue("done"))
        {
            stopStep();
        }
    }

    private void PrependPath(LoggingCommand command)
    {
        if (command.Data.Length == 0)
        {
            Fail("##vso[task.prependpath] names no path.");
            return;
        }
        lock (job.PrependedPaths)
        {
            job.PrependedPaths.Remove(command.Data);
            job.PrependedPaths.Add(command.Data);
        }
    }

    private void SetProgress(LoggingCommand command)
    {
        if (!int.TryParse(command["value"], NumberStyles.None, CultureInfo.InvariantCulture, out var percent) || percent > 100)
        {
            Fail($"Percent complete '{command["value"]}' is not a number from 0 to 100.");
            return;
        }
        step.Record.Update(record => record with
        {
            PercentComplete = percent,
            CurrentOperation = command.Data.Length > 0 ? job.Secrets.Apply(command.Data) : record.CurrentOperation,
        });
    }

    private void Fail(string text)
    {
        step.Output.Error(text);
        Result = JobStatus.Failed.Merge(Result);
    }
}
