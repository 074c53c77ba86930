using Tidepool.Agent.Registration;
using Tidepool.Agent.Token;

namespace Tidepool.Agent.Supervision;

/// <summary>Makes the environment of a supervised agent.</summary>
/// <remarks>
/// Microsoft's agent publishes each variable of its environment as a capability, name and value, to everyone who sees the pool, but for
/// those that VSO_AGENT_IGNORE names, divided by commas and, on Linux, in the very case of the variable. Source:
/// https://learn.microsoft.com/azure/devops/pipelines/agents/agents#capabilities and
/// https://github.com/microsoft/azure-pipelines-agent, EnvironmentCapabilitiesProvider.cs
/// </remarks>
internal static class ListenerEnvironment
{
    public const string Ignore = "VSO_AGENT_IGNORE";

    /// <summary>
    /// The container's environment without secrets, with what a job needs to know of its place (FARGATE_TASK, FARGATE_CONTAINER,
    /// FARGATE_REVISION; FARGATE_STORAGE is the task definition's), and with the names of all that must not be published.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Of(IReadOnlyDictionary<string, string> environment, TaskFacts? task, string? container)
    {
        var all = AgentRegistration.WithTask(environment, task, container)
            .Where(variable => !TokenSettings.SecretVariables.Contains(variable.Key))
            .ToDictionary();
        all[Ignore] = string.Join(
            ',',
            (all.GetValueOrDefault(Ignore) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Concat(all.Keys.Where(Capabilities.IsHidden).Order(StringComparer.Ordinal))
                .Append(Ignore)
                .Distinct(StringComparer.Ordinal));
        return all;
    }
}
