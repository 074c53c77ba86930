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
        NameProxy(all);
        all[Ignore] = string.Join(
            ',',
            (all.GetValueOrDefault(Ignore) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Concat(all.Keys.Where(Capabilities.IsHidden).Order(StringComparer.Ordinal))
                .Append(Ignore)
                .Distinct(StringComparer.Ordinal));
        return all;
    }

    /// <summary>
    /// Tells Microsoft's agent of the proxy for https. It knows VSTS_HTTP_PROXY, http_proxy and no_proxy, in this case alone and for http and
    /// https alike, and takes a user from variables but not from the address.
    /// </summary>
    /// <remarks>Source: https://github.com/microsoft/azure-pipelines-agent, AgentKnobs.cs (ProxyAddress, NoProxy) and AgentWebProxy.cs</remarks>
    private static void NameProxy(Dictionary<string, string> all)
    {
        string? FirstOf(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                if (all.GetValueOrDefault(name) is { Length: > 0 } value)
                {
                    return value;
                }
            }
            return null;
        }

        if (FirstOf("no_proxy", "NO_PROXY") is { } direct)
        {
            all["no_proxy"] = direct;
        }
        if (FirstOf("VSTS_HTTP_PROXY", "http_proxy") is null
            && FirstOf("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY") is { } proxy
            && Uri.TryCreate(proxy.Contains("://", StringComparison.Ordinal) ? proxy : $"http://{proxy}", UriKind.Absolute, out var url))
        {
            all["VSTS_HTTP_PROXY"] = url.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
            if (url.UserInfo.Split(':', 2) is [var user, var password])
            {
                all["VSTS_HTTP_PROXY_USERNAME"] = Uri.UnescapeDataString(user);
                all["VSTS_HTTP_PROXY_PASSWORD"] = Uri.UnescapeDataString(password);
            }
        }
    }
}
