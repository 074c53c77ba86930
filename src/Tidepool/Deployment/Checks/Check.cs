namespace Tidepool.Deployment.Checks;

/// <summary>One thing that <c>doctor</c> looks at.</summary>
/// <param name="Name">Stable name.</param>
/// <param name="Title">The name for people.</param>
/// <param name="Link">A page about it.</param>
/// <param name="Look">Looks; a <see cref="ProblemException"/> is a failed check.</param>
internal sealed record Check(string Name, string Title, string Link, Func<Check, CancellationToken, Task<IReadOnlyList<CheckResult>>> LookAt)
{
    public Check(string name, string title, string link, Func<Check, CancellationToken, Task<CheckResult>> look)
        : this(name, title, link, async (check, ct) => (IReadOnlyList<CheckResult>)[await look(check, ct)])
    {
    }

    public Task<IReadOnlyList<CheckResult>> Look(CancellationToken ct) => LookAt(this, ct);

    public CheckResult Ok(string seen) => Result(CheckStatus.Ok, seen);

    /// <summary>Something to know; with a mend where something can be done.</summary>
    public CheckResult Note(string seen, string? mend = null) => Result(CheckStatus.Note, seen) with { Mend = mend };

    public CheckResult Warning(Problem problem) => Of(CheckStatus.Warning, problem);

    public CheckResult Failed(Problem problem) => Of(CheckStatus.Failed, problem);

    public CheckResult Skipped(string why) => Result(CheckStatus.Skipped, why);

    private CheckResult Of(CheckStatus status, Problem problem) => Result(status, problem.What) with { Code = problem.Code, Mend = problem.Mend };

    private CheckResult Result(CheckStatus status, string seen) => new() { Name = Name, Title = Title, Status = status, Seen = seen, Link = Link };
}
