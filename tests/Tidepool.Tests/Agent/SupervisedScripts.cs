namespace Tidepool.Tests.Agent;

/// <summary>The two programs of a supervised agent.</summary>
/// <param name="Config">Body of config.sh; <c>$TIDEPOOL_AGENT</c> is the agent's binary.</param>
/// <param name="Listener">Body of bin/Agent.Listener.</param>
internal sealed record SupervisedScripts(string Config, string Listener)
{
    /// <summary>The built-in agent in the place of Microsoft's: the real protocol.</summary>
    public static readonly SupervisedScripts BuiltIn = new(
        """exec "$TIDEPOOL_AGENT" builtin configure "$@" """,
        """exec "$TIDEPOOL_AGENT" builtin "$@" """);

    /// <summary>Registers as the built-in agent, and listens as the script says.</summary>
    public static SupervisedScripts Listening(string script) => BuiltIn with { Listener = script };

    public async Task WriteAsync(string folder, string agent)
    {
        Directory.CreateDirectory(Path.Combine(folder, "bin"));
        foreach (var (program, body) in new[] { ("config.sh", Config), ("bin/Agent.Listener", Listener) })
        {
            var file = Path.Combine(folder, program);
            await File.WriteAllTextAsync(file, $"#!/bin/bash\nTIDEPOOL_AGENT='{agent}'\n{body}\n");
            await AgentUnderTest.RunAsync("chmod", "755", file);
        }
    }
}
