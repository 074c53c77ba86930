namespace Tidepool;

/// <summary>Something the user can mend. The CLI prints it to stderr.</summary>
/// <param name="Code">Stable identifier, listed in <c>docs/problems.md</c>; never reused.</param>
/// <param name="What">What was seen, with the offending value.</param>
/// <param name="Mend">The one next action, as an imperative.</param>
public sealed record Problem(string Code, string What, string Mend)
{
    /// <summary>The problem as one line: <c>CODE: what. mend</c>.</summary>
    public override string ToString() => $"{Code}: {What} {Mend}";
}

/// <summary>Carries one <see cref="Tidepool.Problem"/> to the edge that shows it.</summary>
public sealed class ProblemException(Problem problem) : Exception(problem.ToString())
{
    /// <summary>Makes the exception from the parts of its problem.</summary>
    public ProblemException(string code, string what, string mend)
        : this(new Problem(code, what, mend))
    {
    }

    /// <summary>What was seen and how to mend it.</summary>
    public Problem Problem { get; } = problem;
}
