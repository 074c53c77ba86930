namespace Tidepool.Pipelines.Lint;

/// <summary>A kind of trap.</summary>
/// <param name="Id">Stable; a comment silences it by this name.</param>
/// <param name="Title">What the trap is, in a few words; docs/lint.md says more.</param>
public sealed record LintRule(string Id, string Title)
{
    public static LintRule NotValid { get; } = new("LINT000", "The pipeline is not valid");

    public static LintRule TextAsBoolean { get; } = new("LINT001", "Text is used as a boolean");

    public static LintRule NothingDefines { get; } = new("LINT002", "Nothing defines a variable");

    public static LintRule NoDependency { get; } = new("LINT003", "What is read does not come before");

    public static LintRule NoStepName { get; } = new("LINT004", "An output is read that no named step sets");

    public static LintRule NotWhole { get; } = new("LINT005", "$[ ] is not evaluated where it stands");

    public static LintRule NoEngine { get; } = new("LINT006", "A step cannot run on Fargate");

    public static LintRule NotPinned { get; } = new("LINT007", "A shared path is read, maybe on another task");

    public static LintRule PinnedDeployment { get; } = new("LINT008", "A deployment job is pinned by a demand");

    public static LintRule SharedWorkFolder { get; } = new("LINT009", "Work is done in the shared folder itself");

    public static LintRule NotAtomic { get; } = new("LINT010", "A shared file is seen half written");

    /// <summary>In the order of their ids.</summary>
    public static IReadOnlyList<LintRule> All { get; } =
    [
        NotValid, TextAsBoolean, NothingDefines, NoDependency, NoStepName, NotWhole, NoEngine, NotPinned, PinnedDeployment,
        SharedWorkFolder, NotAtomic,
    ];
}
