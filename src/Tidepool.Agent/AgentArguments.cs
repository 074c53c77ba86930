using System.Collections;

namespace Tidepool.Agent;

/// <summary>
/// Options of Microsoft's <c>config.sh</c> and <c>Agent.Listener</c>: <c>--name value</c> or, as there, the variable
/// <c>VSTS_AGENT_INPUT_NAME</c>. An argument counts more than a variable. Names ignore case.
/// </summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/agents/linux-agent#unattended-config</remarks>
internal sealed class AgentArguments
{
    public const string VariablePrefix = "VSTS_AGENT_INPUT_";

    /// <summary>What a secret is never given as an argument for: everybody can read a process's arguments.</summary>
    public const string TokenVariable = VariablePrefix + "TOKEN";

    private static readonly string[] Flags = ["acceptTeeEula", "once", "replace", "unattended"];
    private static readonly string[] Options = ["agent", "auth", "pool", "startuptype", "token", "url", "work"];

    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    private AgentArguments()
    {
    }

    /// <exception cref="AgentException">An option is not known, has no value, or asks for what the built-in agent cannot do.</exception>
    public static AgentArguments Parse(IReadOnlyList<string> arguments)
    {
        var parsed = new AgentArguments();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (name.StartsWith(VariablePrefix, StringComparison.OrdinalIgnoreCase) && ((string)variable.Value!).Trim() is { Length: > 0 } value)
            {
                parsed._values[name[VariablePrefix.Length..]] = value;
            }
        }
        for (var index = 0; index < arguments.Count; index++)
        {
            var name = arguments[index].StartsWith("--", StringComparison.Ordinal) ? arguments[index][2..] : "";
            if (Flags.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                parsed._values[name] = "true";
            }
            else if (Options.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                parsed._values[name] = ++index < arguments.Count ? arguments[index] : throw Wrong($"--{name} has no value.", "Give it one.");
            }
            else
            {
                throw Wrong($"\"{arguments[index]}\" is not understood.", "See tidepool-agent --help.");
            }
        }
        return "pat".Equals(parsed["auth"] ?? "pat", StringComparison.OrdinalIgnoreCase)
            ? parsed
            : throw Wrong($"--auth is \"{parsed["auth"]}\".", "Use --auth pat; the built-in agent knows no other way.");
    }

    /// <summary>The value; null where there is none.</summary>
    public string? this[string name] => _values.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    public bool Has(string flag) => this[flag] is { } value && !value.Equals("false", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="AgentException">The option is not given; the built-in agent never asks.</exception>
    public string Require(string name) => this[name] ?? throw Wrong($"--{name} is not given.", $"Give it, or set {VariablePrefix}{name.ToUpperInvariant()}.");

    private static AgentException Wrong(string what, string mend) => new("AGENT001", what, mend, ExitCode.WrongUsage);
}
