using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Commands;

/// <summary>What a step's <c>target</c>, and what its task says of itself, leave its logging commands to do.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/security/templates#agent-logging-command-restrictions</remarks>
internal sealed class CommandPolicy(StepTarget? ofStep, StepTarget? ofTask = null)
{
    private static readonly string[] AllowedWhenRestricted =
    [
        "logdetail", "logissue", "issue", "complete", "setprogress", "setsecret", "setvariable", "settaskvariable", "debug", "prependpath",
    ];

    private readonly StepTarget[] _all = [.. new[] { ofStep, ofTask }.OfType<StepTarget>()];

    public bool Allows(LoggingCommand command) => _all.All(one =>
        !string.Equals(one.Commands, StepTarget.Restricted, StringComparison.OrdinalIgnoreCase)
        || (command.Area == "task" && AllowedWhenRestricted.Contains(command.Event)));

    /// <summary>Whether a variable of that name, or PATH, may be set.</summary>
    public bool MaySet(string variable) => _all.All(one =>
        one.SettableVariables is not { } allowed || allowed.Any(pattern => new PathPattern(pattern, ignoreCase: true).Matches(variable)));
}
