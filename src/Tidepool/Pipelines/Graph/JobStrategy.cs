namespace Tidepool.Pipelines.Graph;

/// <summary>How one job becomes several, its legs: by a matrix or by a number of slices.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job-strategy</remarks>
public sealed record JobStrategy
{
    /// <summary>The legs of a matrix that is written out, in order; null without one.</summary>
    public IReadOnlyList<MatrixLeg>? Matrix { get; init; }

    /// <summary>A whole <c>$[ ]</c> that gives the matrix as JSON when the job starts; null without one.</summary>
    public string? MatrixExpression { get; init; }

    /// <summary>How many slices, or a <c>$[ ]</c> that says it; null without them. Up to 1 means one ordinary job.</summary>
    public string? Parallel { get; init; }

    /// <summary>How many legs run at once, or a <c>$[ ]</c> that says it; null or up to 0 means all.</summary>
    public string? MaxParallel { get; init; }
    public SourcePosition Position { get; init; }
}

/// <summary>One leg of a matrix and the variables that it adds to the job.</summary>
public sealed record MatrixLeg(string Name, IReadOnlyDictionary<string, string> Variables, SourcePosition Position);
