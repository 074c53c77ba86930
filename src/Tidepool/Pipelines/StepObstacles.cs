using System.Text.RegularExpressions;
using Tidepool.Pipelines.Schema;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines;

/// <summary>Why one step, as a file writes it, cannot run here.</summary>
internal static partial class StepObstacles
{
    private const string NoEngine = "needs a Docker engine, which a Fargate task does not have";

    /// <summary>Null when the step runs.</summary>
    public static string? Of(MappingNode step, MappingEntry first)
    {
        var value = (first.Value as ScalarNode)?.Value ?? "";
        if (step["enabled"] is ScalarNode { Value: var enabled } && MappingReader.ToFlag(enabled) == false)
        {
            return "it is disabled";
        }
        return first.Key.Value switch
        {
            "script" => DockerIn(value) ?? Keys(step, KnownKeys.Script),
            "bash" => DockerIn(value) ?? Keys(step, KnownKeys.Bash),
            "powershell" => DockerIn(value) ?? Keys(step, KnownKeys.PowerShell),
            "pwsh" => DockerIn(value) ?? Keys(step, KnownKeys.Pwsh),
            "checkout" => Keys(step, KnownKeys.Checkout),
            "task" => DockerTask().IsMatch(value) ? $"{value} {NoEngine}" : Keys(step, KnownKeys.Task),
            "publish" => Keys(step, KnownKeys.Publish),
            "download" => Keys(step, KnownKeys.Download),
            "template" => NotYet("template"),
            var kind when KnownKeys.StepKinds.Contains(kind) => $"{kind} needs a service that a rehearsal does not have",
            var unknown => $"'{unknown}' is not a step",
        };
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
        DockerCall().Match(script) is { Success: true } match ? $"{match.Groups[1].Value} {NoEngine}" : null;

    private static string? Keys(MappingNode step, KeyTable keys)
    {
        foreach (var key in step.Entries.Select(e => e.Key.Value).Where(k => !Compile.TemplateText.HasExpression(k)))
        {
            if (keys.NotYet.Contains(key))
            {
                return NotYet(key);
            }
            if (!keys.Read.Contains(key))
            {
                return $"'{key}' is not a key of this step";
            }
        }
        return null;
    }

    [GeneratedRegex(
        @"(?:^|[\s;&|(])((?:docker|podman|buildah)\s+(?:build|buildx|run|compose|push|pull|exec|login|tag|create|start)|docker-compose)\b",
        RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex DockerCall();

    [GeneratedRegex("^(Docker|DockerCompose|DockerInstaller|ContainerBuild)@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex DockerTask();
}
