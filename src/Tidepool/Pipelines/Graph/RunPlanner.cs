namespace Tidepool.Pipelines.Graph;

/// <summary>One thing to do next. <see cref="Job"/> is null for a stage.</summary>
public sealed record NodeDecision(string Stage, string? Job, NodeAction Action, NodeResult? Result, string? Reason);

public enum NodeAction
{
    Start,

    /// <summary>End the node without running it, with <see cref="NodeDecision.Result"/> (Skipped; Failed where its condition could not be evaluated, with the reason).</summary>
    Finish,
}

/// <summary>A job with everything of its start evaluated.</summary>
public sealed record JobPlan
{
    /// <summary>All user variables of run, stage and job, precedence applied, <c>$[ ]</c> evaluated; macros in values are left to the agent.</summary>
    public required IReadOnlyDictionary<string, PlannedVariable> Variables { get; init; }

    /// <summary>Pool name with macros expanded; null when the pipeline names none.</summary>
    public string? PoolName { get; init; }
    public string? VmImage { get; init; }

    /// <summary>Macros expanded.</summary>
    public IReadOnlyList<string> Demands { get; init; } = [];
    public bool ContinueOnError { get; init; }

    /// <summary>Null means no limit.</summary>
    public TimeSpan? Timeout { get; init; }
    public TimeSpan CancelTimeout { get; init; } = TimeSpan.FromMinutes(5);
}

public sealed record PlannedVariable(string Value, bool ReadOnly);

/// <summary>Decides, purely, what a run does next.</summary>
public static class RunPlanner
{
    /// <summary>Which stages, and jobs of running stages, start or end now. Empty when nothing changes until a running job ends.</summary>
    public static IReadOnlyList<NodeDecision> Decide(Pipeline pipeline, RunState state) => throw new NotSupportedException();

    /// <summary>Evaluates a job at its start: variables, pool, demands, limits.</summary>
    /// <exception cref="ProblemException">An expression failed; the message names it and its place.</exception>
    public static JobPlan Plan(Pipeline pipeline, PipelineStage stage, PipelineJob job, RunState state) => throw new NotSupportedException();

    /// <summary>The result of a stage from its jobs', or of a run from its stages'.</summary>
    public static NodeResult Aggregate(IEnumerable<NodeResult> results) => throw new NotSupportedException();
}
