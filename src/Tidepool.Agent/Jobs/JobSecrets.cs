using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Jobs;

/// <summary>All that a job's output must not show.</summary>
internal static class JobSecrets
{
    /// <summary>Parameters of endpoints that are no secret though they stand among the authorization.</summary>
    private static readonly string[] PlainParameters =
        ["username", "tenantid", "serviceprincipalid", "authenticationtype", "accesstokentype", "scope", "role"];

    /// <summary>The agent's secrets, secret variables, what the mask hints say, and what the endpoints authorize with.</summary>
    public static SecretMasker Collect(AgentJobRequestMessage request, SecretMasker ofAgent)
    {
        var secrets = ofAgent.Copy();
        var variables = new Dictionary<string, VariableValue>(request.Variables, StringComparer.OrdinalIgnoreCase);
        foreach (var value in variables.Values
            .Where(variable => variable.IsSecret == true).Select(variable => variable.Value).OfType<string>())
        {
            secrets.Add(value);
        }
        foreach (var hint in request.Mask)
        {
            if (string.Equals(hint.Type, "regex", StringComparison.OrdinalIgnoreCase))
            {
                secrets.AddPattern(hint.Value);
            }
            else if (variables.GetValueOrDefault(hint.Value)?.Value is { } value)
            {
                secrets.Add(value);
            }
        }
        foreach (var (_, value) in request.Resources.Endpoints
            .SelectMany(endpoint => endpoint.Authorization?.Parameters ?? new Dictionary<string, string>())
            .Where(parameter => !PlainParameters.Contains(parameter.Key, StringComparer.OrdinalIgnoreCase)))
        {
            secrets.Add(value);
        }
        return secrets;
    }
}
