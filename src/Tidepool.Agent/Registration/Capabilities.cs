using System.Runtime.InteropServices;

namespace Tidepool.Agent.Registration;

/// <summary>What the agent says of itself in the pool, for jobs to demand. Anyone who sees the pool sees these.</summary>
internal static class Capabilities
{
    private const int LongestValue = 1024;

    private static readonly string[] Tools =
    [
        "bash", "cargo", "cmake", "curl", "docker", "dotnet", "gcc", "git", "go", "java", "jq", "make", "mvn", "node", "npm", "perl",
        "pip3", "podman", "pwsh", "python3", "ruby", "sh", "tar", "terraform", "unzip", "zip",
    ];

    /// <summary>Where the container stands in AWS, where its credentials are, and how the agent was set up: nobody's business.</summary>
    private static readonly string[] HiddenPrefixes = ["AWS", "ECS", "AZP_"];

    /// <summary>A proxy, for its address may hold a password.</summary>
    private static readonly string[] SecretWords =
        ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "APIKEY", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY", "CONNECTIONSTRING", "PROXY"];

    /// <summary>All capabilities; the agent's own and the tools' win over variables of the same name.</summary>
    public static IReadOnlyDictionary<string, string> Collect(
        string agentName, string homeFolder, IReadOnlyDictionary<string, string> environment)
    {
        var all = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in FromEnvironment(environment))
        {
            all[name] = value;
        }
        foreach (var tool in Tools)
        {
            if (Executable.Find(tool, environment.GetValueOrDefault("PATH")) is { } path)
            {
                all[tool] = path;
            }
        }
        all["Agent.Name"] = agentName;
        all["Agent.OS"] = "Linux";
        all["Agent.OSArchitecture"] = RuntimeInformation.OSArchitecture.ToString().ToUpperInvariant();
        all["Agent.Version"] = AgentVersion.InPool;
        all["Agent.ComputerName"] = Environment.MachineName;
        all["Agent.HomeDirectory"] = homeFolder;
        all["InteractiveSession"] = "False";
        all["Tidepool.BuiltIn"] = "true";
        return all;
    }

    /// <summary>Variables that may be seen: no secrets, nothing of AWS or ECS, nothing named in VSO_AGENT_IGNORE, nothing long.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> FromEnvironment(IReadOnlyDictionary<string, string> environment)
    {
        var ignored = environment.GetValueOrDefault("VSO_AGENT_IGNORE", "")
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return environment.Where(variable =>
            variable.Value.Length is > 0 and <= LongestValue
            && variable.Key is not ("_" or "SHLVL" or "OLDPWD" or "VSO_AGENT_IGNORE")
            && !ignored.Contains(variable.Key)
            && !IsHidden(variable.Key));
    }

    /// <summary>Whether a variable's name alone says that it must not be published.</summary>
    public static bool IsHidden(string variable) =>
        HiddenPrefixes.Any(prefix => variable.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        || SecretWords.Any(word => variable.Contains(word, StringComparison.OrdinalIgnoreCase));
}
