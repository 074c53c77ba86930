using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Lint;

/// <summary>One trap in a pipeline.</summary>
/// <param name="Rule">Its kind.</param>
/// <param name="Position">Where it is; null for errors of the whole graph that have no place.</param>
/// <param name="What">What was seen.</param>
/// <param name="Mend">What to do, as an imperative; empty for an error of the service, whose text says all.</param>
public sealed record LintFinding(LintRule Rule, SourcePosition? Position, string What, string Mend);

/// <summary>All findings of one pipeline and its templates, each once, by place.</summary>
public sealed record LintReport(IReadOnlyList<LintFinding> Findings)
{
    public bool IsClean => Findings.Count == 0;
}

/// <summary>What a lint assumes.</summary>
public sealed record LintOptions
{
    /// <summary>Where a task's agents share a volume.</summary>
    public const string DefaultSharedPath = "/shared-storage";

    /// <summary>The path of the volume that only the agents of one task share; null when there is none, or every task has it (EFS).</summary>
    public string? SharedPath { get; init; } = DefaultSharedPath;
}
