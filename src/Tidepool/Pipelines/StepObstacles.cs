using Tidepool.Pipelines.Compile;
using Tidepool.Pipelines.Schema;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines;

/// <summary>Why one step, as a file writes it, cannot run here.</summary>
internal static class StepObstacles
{
    /// <summary>What agents run without a package of the organization's, in the versions that <see cref="KnownTasks"/> has.</summary>
    private static readonly string[] OwnTasks =
    [
        KnownTasks.CmdLine.Name, KnownTasks.Bash.Name, KnownTasks.PowerShell.Name, KnownTasks.Publish.Name, KnownTasks.Download.Name,
        KnownTasks.PublishBuild.Name, KnownTasks.DownloadBuild.Name,
    ];

    /// <summary>Null when the step runs.</summary>
    /// <param name="step">The step.</param>
    /// <param name="first">Its first entry, which says what it is.</param>
    /// <param name="tasks">Tasks that are at hand beside the built-in ones; null for none.</param>
    public static string? Of(MappingNode step, MappingEntry first, ITaskCatalog? tasks)
    {
        var value = (first.Value as ScalarNode)?.Value ?? "";
        if (step["enabled"] is ScalarNode { Value: var enabled } && MappingReader.ToFlag(enabled) == false)
        {
            return "it is disabled";
        }
        var target = step["target"] is MappingNode limits ? limits["container"] : step["target"];
        if (target is ScalarNode { IsNull: false, Value: not "host" and var container })
        {
            return $"target: {container} {DockerUse.NoEngine}";
        }
        var script = (step["inputs"] as MappingNode)?["script"] is ScalarNode { Value: var text } ? text : "";
        return first.Key.Value switch
        {
            "script" or "bash" or "pwsh" or "powershell" => DockerIn(value),
            "task" => DockerUse.InTask(value) is { } use ? $"{use} {DockerUse.NoEngine}" : DockerIn(script) ?? Missing(value, tasks),
            "checkout" or "publish" or "download" => null,
            "downloadBuild" or "getPackage" or "reviewApp" or "upload" => NotYet(first.Key.Value),
            var unknown => $"'{unknown}' is not a step",
        };
    }

    private static string? Missing(string task, ITaskCatalog? tasks)
    {
        var sign = task.IndexOf('@', StringComparison.Ordinal);
        return task.Equals(BuiltInTasks.Checkout, StringComparison.OrdinalIgnoreCase)
            || task.Equals(BuiltInTasks.Download, StringComparison.OrdinalIgnoreCase)
            || (sign > 0 && KnownTasks.Find(task[..sign], task[(sign + 1)..].Split('.')[0]) is { } known && OwnTasks.Contains(known.Name))
            || (sign > 0 && tasks?.Find(task[..sign], task[(sign + 1)..]) is { RunsOnServer: false })
            ? null
            : $"task {task} is not at hand";
    }

    /// <summary>What a list shows of the step.</summary>
    public static string TextOf(MappingNode step, MappingEntry first)
    {
        if (step["displayName"] is ScalarNode { Value: { Length: > 0 } name })
        {
            return name;
        }
        var line = ((first.Value as ScalarNode)?.Value ?? "").Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0);
        return $"{first.Key.Value}: {line}".TrimEnd();
    }

    public static string NotYet(string what) => $"{what} is not supported yet";

    private static string? DockerIn(string script) =>
        DockerUse.InScript(script) is { } use ? $"{use} {DockerUse.NoEngine}" : null;
}
