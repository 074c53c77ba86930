namespace Tidepool.Agent;

/// <summary>How the process ends.</summary>
internal enum ExitCode
{
    Done = 0,
    Failed = 1,
    WrongUsage = 2,
}

/// <summary>Something the user can mend; printed as one line to stderr.</summary>
/// <param name="code">Stable identifier, listed in <c>docs/problems.md</c>; never reused.</param>
/// <param name="what">What was seen, with the offending value.</param>
/// <param name="mend">The one next action, as an imperative.</param>
internal sealed class AgentException(string code, string what, string mend, ExitCode exitCode = ExitCode.Failed)
    : Exception($"{code}: {what} {mend}")
{
    public ExitCode ExitCode { get; } = exitCode;
}
