using Tidepool.AgentProtocol;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>Steps to tasks and their inputs.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps</remarks>
internal sealed class StepSchema(string jobName, PipelineErrors errors)
{
    /// <summary>The version of CmdLine that a script step becomes.</summary>
    private const string CmdLineVersion = "2.250.1";
    private const string BashVersion = "3.250.1";

    /// <summary>All steps that run, named, with <c>checkout: self</c> in front where the job names no checkout.</summary>
    public IReadOnlyList<PipelineStep> Read(YamlNode steps)
    {
        if (steps is not SequenceNode { Items: var items })
        {
            errors.Add(steps.Position, Unexpected.Text(steps));
            return [];
        }
        List<PipelineStep> read = [];
        if (!items.Any(i => i is MappingNode { Entries: [{ Key.Value: "checkout" }, ..] }))
        {
            read.Add(CheckoutSchema.Self(steps.Position));
        }
        foreach (var item in items.Where(i => i is not ScalarNode { IsFailed: true }))
        {
            if (ReadStep(item) is { } step)
            {
                read.Add(step);
            }
        }
        if (read.Where(s => s.TaskId == TaskReference.Checkout).Skip(1).FirstOrDefault() is { } second)
        {
            errors.Add(second.Position, Refusal.Of("checkout of several repositories"));
        }
        return StepNames.Assign(read, jobName, errors);
    }

    private PipelineStep? ReadStep(YamlNode item)
    {
        if (item is not MappingNode { Entries: [{ Key: var kind } first, ..] } mapping)
        {
            errors.Add(item.Position, Unexpected.Text(item is MappingNode ? new ScalarNode("", ScalarStyle.Plain, item.Position) : item));
            return null;
        }
        if (!KnownKeys.StepKinds.Contains(kind.Value))
        {
            if (!kind.IsFailed)
            {
                errors.Add(kind.Position, $"Unexpected value '{kind.Value}'");
            }
            return null;
        }
        return kind.Value switch
        {
            "script" => ReadScript(new MappingReader(mapping, KnownKeys.Script, errors), "script"),
            "bash" => ReadScript(new MappingReader(mapping, KnownKeys.Bash, errors), "bash"),
            "checkout" => ReadCheckout(new MappingReader(mapping, KnownKeys.Checkout, errors)),
            var other => Refuse(other, first),
        };
    }

    private PipelineStep? Refuse(string kind, MappingEntry first)
    {
        // The name says more than the word "task" does.
        var what = kind is "task" or "template" && first.Value is ScalarNode { Value: var name } ? $"{kind}: {name}" : kind;
        errors.Add(first.Key.Position, Refusal.Of(what));
        return null;
    }

    private PipelineStep? ReadScript(MappingReader reader, string kind)
    {
        var inputs = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (kind == "bash")
        {
            inputs["targetType"] = "inline";
        }
        inputs["script"] = reader.Text(kind) ?? "";
        if (reader.Text("workingDirectory") is { } folder)
        {
            inputs["workingDirectory"] = folder;
        }
        if (reader.Flag("failOnStderr") is { } fail)
        {
            inputs["failOnStderr"] = fail ? "true" : "false";
        }
        var (task, id, version) = kind == "bash"
            ? ("Bash", TaskReference.Bash, BashVersion)
            : ("CmdLine", TaskReference.CmdLine, CmdLineVersion);
        var step = new PipelineStep { TaskName = task, TaskId = id, TaskVersion = version, Name = "", DisplayName = "", Inputs = inputs };
        return Complete(step, reader);
    }

    private PipelineStep? ReadCheckout(MappingReader reader) =>
        CheckoutSchema.Read(reader, errors) is { } step ? Complete(step, reader) : null;

    /// <summary>Adds what every step has; null when the step is disabled.</summary>
    private PipelineStep? Complete(PipelineStep step, MappingReader reader)
    {
        var name = reader.Text("name") ?? "";
        var condition = reader.Text("condition");
        var complete = step with
        {
            Name = name,
            DisplayName = reader.Text("displayName") ?? (name.Length > 0 ? name : step.DisplayName),
            Condition = string.IsNullOrEmpty(condition) ? null : condition,
            ContinueOnError = reader.Flag("continueOnError") ?? false,
            TimeoutInMinutes = reader.Number("timeoutInMinutes") ?? 0,
            RetryCountOnTaskFailure = reader.Number("retryCountOnTaskFailure") ?? 0,
            Environment = reader.Texts("env"),
            Position = reader.Position,
        };
        if (Conditions.Fault(complete.Condition, Conditions.StepNames) is { } reason)
        {
            errors.Add(
                reader.Node("condition")!.Position,
                $"Job {jobName}: Step {name} specifies condition {complete.Condition} which is not valid. Reason: {reason}");
        }
        return reader.Flag("enabled") ?? true ? complete : null;
    }
}
