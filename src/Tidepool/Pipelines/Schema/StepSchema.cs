using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>Steps that were read, and what their tasks want of an agent.</summary>
internal sealed record ReadSteps(IReadOnlyList<PipelineStep> Steps, IReadOnlyList<string> Demands);

/// <summary>Steps to tasks and their inputs.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps, and for the inputs the file task.json of each task in
/// https://github.com/microsoft/azure-pipelines-tasks. What downloadBuild, getPackage, reviewApp and upload become is inferred.
/// </remarks>
internal sealed class StepSchema(string jobName, PoolChoice pool, SchemaScope scope)
{
    private readonly TaskResolver _tasks = new(jobName, pool.IsServer, scope);

    private PipelineErrors Errors => scope.Errors;

    /// <summary>
    /// All steps that run, named, with <c>checkout: self</c> in front where a job with an agent names no checkout.
    /// </summary>
    /// <param name="steps">Null when the job has none: it still checks out.</param>
    public ReadSteps ReadJob(YamlNode? steps, SourcePosition job)
    {
        var items = Items(steps);
        List<PipelineStep> read = [];
        if (!pool.IsServer && items is not null && !items.Any(i => IsKind(i, "checkout")))
        {
            read.Add(CheckoutSchema.Self(steps?.Position ?? job));
        }
        return Complete([.. read, .. Read(items)]);
    }

    /// <summary>Steps of a deployment's hook: none is added, but that <c>deploy</c> downloads what the run made unless it says otherwise.</summary>
    /// <remarks>
    /// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps-download. That a step that names the task itself keeps
    /// the implied one away too is inferred; so is that artifacts of other pipelines are left out here.
    /// </remarks>
    public ReadSteps ReadHook(YamlNode? steps, HookKind kind, SourcePosition hook)
    {
        var items = Items(steps);
        List<PipelineStep> read = [];
        if (kind == HookKind.Deploy && !pool.IsServer && items is not null && !items.Any(IsDownload))
        {
            read.Add(Download("current", new MappingReader(new MappingNode([], steps?.Position ?? hook), Errors)));
        }
        return Complete([.. read, .. Read(items)]);
    }

    private static bool IsKind(YamlNode item, string kind) =>
        item is MappingNode { Entries: [{ Key: { Value: var key } }, ..] } && key == kind;

    private static bool IsDownload(YamlNode item) =>
        IsKind(item, "download")
        || (item is MappingNode mapping
            && mapping["task"] is ScalarNode { Value: var task }
            && task.StartsWith($"{KnownTasks.Download.Name}@", StringComparison.OrdinalIgnoreCase));

    private IReadOnlyList<YamlNode>? Items(YamlNode? steps)
    {
        switch (steps)
        {
            case null or ScalarNode { IsFailed: true }:
                return [];
            case SequenceNode { Items: var items }:
                return items;
            case var other:
                Errors.Add(other.Position, Unexpected.Text(other));
                return null;
        }
    }

    private List<PipelineStep> Read(IReadOnlyList<YamlNode>? items) =>
        [.. (items ?? []).Where(i => i is not ScalarNode { IsFailed: true }).Select(ReadStep).OfType<PipelineStep>()];

    private ReadSteps Complete(IReadOnlyList<PipelineStep> steps) => new(StepNames.Assign(steps, jobName, Errors), _tasks.Demands);

    private PipelineStep? ReadStep(YamlNode item)
    {
        if (KindOf.Node(item, KnownKeys.StepKinds, Errors) is not { Entries: [{ Key.Value: var kind }, ..] } mapping)
        {
            return null;
        }
        MappingReader Reader(KeyTable keys) => new(mapping, keys, Errors);
        return kind switch
        {
            "script" => Common(Reader(KnownKeys.Script), r => Script(r, KnownTasks.CmdLine, kind)),
            "bash" => Common(Reader(KnownKeys.Bash), r => Script(r, KnownTasks.Bash, kind)),
            "powershell" => Common(Reader(KnownKeys.PowerShell), r => Script(r, KnownTasks.PowerShell, kind)),
            "pwsh" => Common(Reader(KnownKeys.Pwsh), r => Script(r, KnownTasks.PowerShell, kind)),
            "checkout" => Common(Reader(KnownKeys.Checkout), r => CheckoutSchema.Read(r, scope)),
            "task" => Common(Reader(KnownKeys.Task), Task),
            "publish" => Common(Reader(KnownKeys.Publish), r => Publish(r, kind)),
            "upload" => Common(Reader(KnownKeys.Upload), r => Publish(r, kind)),
            "download" => Common(Reader(KnownKeys.Download), Download),
            "downloadBuild" => Common(Reader(KnownKeys.DownloadBuild), DownloadBuild),
            "getPackage" => Common(Reader(KnownKeys.GetPackage), GetPackage),
            "reviewApp" => Common(Reader(KnownKeys.ReviewApp), ReviewApp),
            _ => throw new InvalidOperationException($"Unhandled kind of step {kind}."),
        };
    }

    private PipelineStep? Task(MappingReader reader)
    {
        var inputs = Inputs();
        foreach (var (name, value) in reader.Texts("inputs"))
        {
            inputs[name] = value;
        }
        return reader.Scalar("task") is { } task
            ? _tasks.Named(task.Value, task.Position, reader.Text("name") ?? "", inputs)
            : null;
    }

    private PipelineStep Script(MappingReader reader, PipelineTask task, string kind)
    {
        var inputs = Inputs();
        if (kind != "script")
        {
            inputs["targetType"] = "inline";
        }
        inputs["script"] = reader.Text(kind) ?? "";
        if (kind == "pwsh")
        {
            inputs["pwsh"] = "true";
        }
        if (kind is "pwsh" or "powershell")
        {
            Set(inputs, "errorActionPreference", reader.Text("errorActionPreference"));
            Set(inputs, "ignoreLASTEXITCODE", Flag(reader, "ignoreLASTEXITCODE"));
        }
        Set(inputs, "workingDirectory", reader.Text("workingDirectory"));
        Set(inputs, "failOnStderr", Flag(reader, "failOnStderr"));
        return Shorthand(task, reader, inputs);
    }

    private PipelineStep Publish(MappingReader reader, string kind)
    {
        var inputs = Inputs();
        inputs["path"] = reader.Text(kind) ?? "";
        Set(inputs, "artifactName", reader.Text("artifact"));
        return Shorthand(KnownTasks.Publish, reader, inputs);
    }

    private PipelineStep? Download(MappingReader reader) => reader.Text("download") switch
    {
        null => NoValue(reader, "download"),
        "none" => null,
        var source => Download(source, reader),
    };

    private PipelineStep Download(string source, MappingReader reader)
    {
        var inputs = Inputs();
        var folder = "$(Pipeline.Workspace)";
        if (source == "current")
        {
            inputs["source"] = "current";
        }
        else
        {
            inputs["source"] = "specific";
            inputs["project"] = $"$(resources.pipeline.{source}.projectID)";
            inputs["pipeline"] = $"$(resources.pipeline.{source}.pipelineID)";
            inputs["runVersion"] = "specific";
            inputs["runId"] = $"$(resources.pipeline.{source}.runID)";
            folder += $"/{source}";
            if (!scope.Resources.Pipelines.Any(p => p.Alias.Equals(source, StringComparison.OrdinalIgnoreCase)))
            {
                Errors.Add(
                    reader.Scalar("download")!.Position,
                    $"The download step references the pipeline resource '{source}' which is not defined by the pipeline");
            }
        }
        var artifact = reader.Text("artifact");
        Set(inputs, "artifact", artifact);
        Set(inputs, "patterns", reader.Text("patterns"));
        inputs["path"] = reader.Text("path") ?? (artifact is null ? folder : $"{folder}/{artifact}");
        return Shorthand(KnownTasks.Download, reader, inputs);
    }

    private PipelineStep DownloadBuild(MappingReader reader)
    {
        var inputs = Inputs();
        foreach (var (name, value) in reader.Texts("inputs"))
        {
            inputs[name] = value;
        }
        inputs["buildType"] = "specific";
        inputs["definition"] = reader.Text("downloadBuild") ?? "";
        Set(inputs, "artifactName", reader.Text("artifact"));
        Set(inputs, "itemPattern", reader.Text("patterns"));
        Set(inputs, "downloadPath", reader.Text("path"));
        return Shorthand(KnownTasks.DownloadBuild, reader, inputs);
    }

    private PipelineStep GetPackage(MappingReader reader)
    {
        var inputs = Inputs();
        inputs["definition"] = reader.Text("getPackage") ?? "";
        Set(inputs, "downloadPath", reader.Text("path"));
        return Shorthand(KnownTasks.DownloadPackage, reader, inputs);
    }

    private PipelineStep ReviewApp(MappingReader reader)
    {
        var inputs = Inputs();
        inputs["resourceName"] = reader.Text("reviewApp") ?? "";
        return Shorthand(KnownTasks.ReviewApp, reader, inputs);
    }

    private PipelineStep Shorthand(PipelineTask task, MappingReader reader, Dictionary<string, string> inputs) =>
        _tasks.Shorthand(task, reader.Position, reader.Text("name") ?? "", inputs);

    private PipelineStep? NoValue(MappingReader reader, string key)
    {
        Errors.Add(reader.Node(key)?.Position ?? reader.Position, "Unexpected value ''");
        return null;
    }

    /// <summary>Adds what every step has; null when the step is disabled, or says that nothing is to be done.</summary>
    private PipelineStep? Common(MappingReader reader, Func<MappingReader, PipelineStep?> read)
    {
        if (reader.Flag("enabled") == false || read(reader) is not { } step)
        {
            return null;
        }
        var name = reader.Text("name") ?? "";
        var condition = reader.Text("condition");
        var complete = step with
        {
            Name = name,
            DisplayName = reader.Text("displayName") is { Length: > 0 } shown ? shown : name.Length > 0 ? name : step.DisplayName,
            Condition = string.IsNullOrEmpty(condition) ? null : condition,
            ContinueOnError = reader.Flag("continueOnError") ?? false,
            TimeoutInMinutes = reader.Number("timeoutInMinutes") ?? 0,
            RetryCountOnTaskFailure = reader.Number("retryCountOnTaskFailure") ?? 0,
            Environment = reader.Texts("env"),
            Target = TargetSchema.Read(reader, Errors),
            Position = reader.Position,
        };
        if (Conditions.Fault(complete.Condition, Conditions.StepNames) is { } reason)
        {
            Errors.Add(
                reader.Node("condition")!.Position,
                $"Job {jobName}: Step {name} specifies condition {complete.Condition} which is not valid. Reason: {reason}");
        }
        return complete;
    }

    private static Dictionary<string, string> Inputs() => new(StringComparer.OrdinalIgnoreCase);

    private static void Set(Dictionary<string, string> inputs, string name, string? value)
    {
        if (value is not null)
        {
            inputs[name] = value;
        }
    }

    private static string? Flag(MappingReader reader, string key) => reader.Flag(key) is { } flag ? flag ? "true" : "false" : null;
}
