using System.Globalization;
using Tidepool.Agent.Jobs;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Commands;

/// <summary>The commands <c>##vso[task.…]</c>.</summary>
internal sealed class TaskCommands(JobContext job, StepContext step, Action stopStep)
{
    private const string MultilineSecret = "Secrets cannot contain multiple lines";
    private const string ReadOnlyHelp =
        "See https://github.com/microsoft/azure-pipelines-yaml/blob/master/design/readonly-variables.md for details.";

    private readonly DetailRecords _details = new(job, step);
    private readonly AttachmentCommands _attachments = new(job, step);

    /// <summary>The worst result that a step gave itself; null where it did not.</summary>
    public JobStatus? Result { get; private set; }

    public bool TryRun(LoggingCommand command)
    {
        switch (command.Event)
        {
            case "setvariable":
                SetVariable(command);
                return true;
            case "settaskvariable":
                SetTaskVariable(command);
                return true;
            case "setsecret":
                AddSecret(command.Data);
                return true;
            case "logissue" or "issue":
                LogIssue(command);
                return true;
            case "complete":
                Complete(command);
                return true;
            case "prependpath":
                PrependPath(command);
                return true;
            case "setprogress":
                SetProgress(Percent(command["value"]), command.Data);
                return true;
            case "debug":
                step.Debug(command.Data);
                return true;
            case "logdetail":
                _details.Log(command);
                return true;
            case "setendpoint":
                SetEndpoint(command);
                return true;
            default:
                return _attachments.TryRun(command);
        }
    }

    private void SetVariable(LoggingCommand command)
    {
        var name = command.Required("variable", "Required field 'variable' is missing in ##vso[task.setvariable] command.");
        var isSecret = command.IsTrue("issecret");
        var isOutput = command.IsTrue("isoutput") || step.DeclaredOutputs.Contains(name);
        if (isSecret)
        {
            // Masked also where it is refused: the value is out now, and what follows may print it.
            AddSecret(command.Data);
            MustBeOneLine(command.Data);
        }
        var fullName = isOutput ? $"{step.Step.Name}.{name}" : name;
        if (ReadOnlyName(name, fullName) is { } readOnly)
        {
            MayOverwrite("variable", readOnly);
        }
        if (!step.Policy.MaySet(name))
        {
            RefuseToSet(name);
            return;
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

    private void SetTaskVariable(LoggingCommand command)
    {
        var name = command.Required("variable", "Required field 'variable' is missing in ##vso[task.settaskvariable] command.");
        var isSecret = command.IsTrue("issecret");
        if (isSecret)
        {
            AddSecret(command.Data);
            MustBeOneLine(command.Data);
        }
        if (step.TaskVariables.Find(name) is { IsReadOnly: true })
        {
            MayOverwrite("task variable", name);
        }
        step.TaskVariables.Set(new(name, command.Data, isSecret, command.IsTrue("isreadonly"), command.IsTrue("preservecase")));
    }

    /// <summary>A secret also as it stands in a command, where it is escaped.</summary>
    private void AddSecret(string value)
    {
        if (value.Length > 0)
        {
            job.Secrets.Add(value);
            job.Secrets.Add(LoggingCommand.Escape(value));
        }
    }

    private static void MustBeOneLine(string value)
    {
        if (value.Contains('\n', StringComparison.Ordinal))
        {
            throw new CommandException(MultilineSecret);
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

    private void MayOverwrite(string what, string name)
    {
        if (!string.Equals(job.Variables.Value("agent.readOnlyVariables"), "false", StringComparison.OrdinalIgnoreCase))
        {
            throw new CommandException($"Overwriting readonly {what} '{name}' is not permitted. {ReadOnlyHelp}");
        }
        step.Output.Warning($"Overwriting readonly {what} '{name}'. This behavior will be disabled in the future. {ReadOnlyHelp}");
    }

    private void RefuseToSet(string name) =>
        step.Output.Warning($"Setting variable '{name}' has been disabled by the task or build definition.");

    private void LogIssue(LoggingCommand command)
    {
        if (command["type"].Length == 0)
        {
            step.Output.Warning("Can't create TaskIssue from logging event.");
            return;
        }
        var isError = string.Equals(command["type"], "error", StringComparison.OrdinalIgnoreCase);
        if (!isError && !string.Equals(command["type"], "warning", StringComparison.OrdinalIgnoreCase))
        {
            throw new CommandException($"issue type {command["type"]} is not an expected issue type.");
        }

        // The source's place, as the service shows it beside the issue.
        var facts = command.Properties.Where(property => !string.Equals(property.Key, "type", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(property => property.Key, property => property.Value, StringComparer.OrdinalIgnoreCase);
        var (text, category) = (command.Data, "General");
        if (command["sourcepath"] is { Length: > 0 } source)
        {
            var sources = job.Folders.Sources + "/";
            if (source.StartsWith(sources, StringComparison.Ordinal))
            {
                source = facts["sourcepath"] = source[sources.Length..];
                facts["repo"] = job.Variables.Value("Build.Repository.Name") ?? "";
            }
            category = "Code";
            text = $"{source}({command["linenumber"]},{command["columnnumber"]}): {command["type"]} {command["code"]}: {command.Data}";
        }
        step.Output.Issue(isError ? "error" : "warning", text, facts, category);
    }

    private void Complete(LoggingCommand command)
    {
        // Its case counts, as for Microsoft's agent.
        if (!Enum.TryParse<JobStatus>(command["result"], out var result) || !Enum.IsDefined(result))
        {
            throw new CommandException("Command doesn't have valid result value.");
        }
        Result = result.Merge(Result);
        SetProgress(100, command.Data);
        if (command.IsTrue("done"))
        {
            stopStep();
        }
    }

    private void PrependPath(LoggingCommand command)
    {
        if (!step.Policy.MaySet("PATH"))
        {
            RefuseToSet("PATH");
            return;
        }
        if (command.Data.Length == 0)
        {
            throw new CommandException("##vso[task.prependpath] names no path.");
        }
        lock (job.PrependedPaths)
        {
            job.PrependedPaths.Remove(command.Data);
            job.PrependedPaths.Add(command.Data);
        }
    }

    internal static int Percent(string text) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var percent) ? Math.Clamp(percent, 0, 100) : 0;

    private void SetProgress(int percent, string operation) => step.Record.Update(record => record with
    {
        PercentComplete = percent,
        CurrentOperation = operation.Length > 0 ? job.Secrets.Apply(operation) : record.CurrentOperation,
    });

    private void SetEndpoint(LoggingCommand command)
    {
        if (command.Data.Length == 0)
        {
            throw new CommandException("Enter a valid value for setendpoint.");
        }
        var field = command.Required("field", "Required field 'field' is missing in ##vso[task.setendpoint] command.");
        var isSecret = string.Equals(field, "authParameter", StringComparison.OrdinalIgnoreCase);
        if (isSecret)
        {
            AddSecret(command.Data);
        }
        var id = command.Required("id", "Required field 'id' is missing in ##vso[task.setendpoint] command.");
        if (!Guid.TryParse(id, out var endpointId))
        {
            throw new CommandException("Invalid endpoint id.");
        }
        if (endpointId == Guid.Empty)
        {
            step.Output.Warning($"Modification of system endpoint '{JobResources.SystemConnection}' is not allowed via setendpoint command.");
            return;
        }
        job.Endpoints.Change(
            endpointId,
            endpoint => Changed(endpoint, field, command),
            $"Service connection with id '{endpointId}' is not declared in the pipeline job and therefore can't be referenced in task.setendpoint commands.");
    }

    private static ServiceEndpoint Changed(ServiceEndpoint endpoint, string field, LoggingCommand command)
    {
        switch (field.ToLowerInvariant())
        {
            case "url":
                return Uri.TryCreate(command.Data, UriKind.Absolute, out _)
                    ? endpoint with { Url = command.Data }
                    : throw new CommandException("Invalid endpoint Url.");
            case "dataparameter":
                return endpoint with { Data = With(endpoint.Data) };
            case "authparameter":
                var authorization = endpoint.Authorization ?? new();
                return endpoint with
                {
                    Authorization = new() { Scheme = authorization.Scheme, Parameters = With(authorization.Parameters) },
                };
            default:
                throw new CommandException("Invalid endpoint field. Valid values are url, dataParameter and authParameter");
        }

        Dictionary<string, string> With(IReadOnlyDictionary<string, string>? before) => new(before ?? new Dictionary<string, string>())
        {
            [command.Required("key", "Required field 'key' is missing in ##vso[task.setendpoint] command.")] = command.Data,
        };
    }
}
