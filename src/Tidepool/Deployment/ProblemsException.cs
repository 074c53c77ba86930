namespace Tidepool.Deployment;

/// <summary>Carries all the problems of one look at something to the edge that shows them.</summary>
public sealed class ProblemsException(IReadOnlyList<Problem> problems)
    : Exception(string.Join(Environment.NewLine, problems))
{
    /// <summary>One or more, in the order to show them.</summary>
    public IReadOnlyList<Problem> Problems { get; } = problems;
}
