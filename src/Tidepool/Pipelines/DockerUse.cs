using System.Text.RegularExpressions;

namespace Tidepool.Pipelines;

/// <summary>What of a step needs a Docker engine.</summary>
internal static partial class DockerUse
{
    public const string NoEngine = "needs a Docker engine, which a Fargate task does not have";

    /// <summary>The call in a script, as in <c>docker build</c>; null when there is none.</summary>
    public static string? InScript(string script) => Call().Match(script) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>The task, where it is one that calls an engine; null for others.</summary>
    /// <param name="task">Its name, with or without a version.</param>
    public static string? InTask(string task) => Task().IsMatch(task) ? task : null;

    [GeneratedRegex(
        @"(?:^|[;&|(`]|\b(?:sudo|then|do|else|exec|time)\s)\s*(?:\w+=\S*\s+)*((?:docker|podman|buildah)\s+(?:build|buildx|run|compose|push|pull|exec|login|tag|create|start)|docker-compose)\b",
        RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Call();

    [GeneratedRegex("^(Docker|DockerCompose|DockerInstaller|ContainerBuild)(@|$)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Task();
}
