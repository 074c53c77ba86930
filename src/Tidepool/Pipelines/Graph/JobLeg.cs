namespace Tidepool.Pipelines.Graph;

/// <summary>One of the jobs that a strategy or a deployment makes of a job; the only one of a job that has neither.</summary>
public sealed record JobLeg
{
    /// <summary>What the only leg of a job without a strategy is called; its part of display names and of outputs' keys vanishes.</summary>
    public const string DefaultName = "__default";

    /// <summary>The leg of a job without a strategy.</summary>
    public static JobLeg Only { get; } = new();

    public string Name { get; init; } = DefaultName;

    /// <summary>What is put after the job's display name; null for nothing.</summary>
    public string? DisplaySuffix { get; init; }

    /// <summary>1 for the first; <c>System.JobPositionInPhase</c>.</summary>
    public int Position { get; init; } = 1;

    /// <summary>How many legs there are; <c>System.TotalJobsInPhase</c>.</summary>
    public int Total { get; init; } = 1;

    /// <summary>User variables of the leg, which override those of the job.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>System variables that only this leg has: <c>Environment.*</c> and <c>Strategy.*</c> of a deployment. Macros are still text.</summary>
    public IReadOnlyDictionary<string, string> SystemVariables { get; init; } = new Dictionary<string, string>();

    /// <summary>The moment of a deployment that the leg runs; null for other jobs.</summary>
    public DeploymentHook? Hook { get; init; }

    /// <summary>What the keys of its outputs begin with, as in <c>outputs['leg.step.variable']</c>; one of them empty: no such part.</summary>
    public IReadOnlyList<string> OutputPrefixes { get; init; } = [""];

    /// <summary>The steps that it runs.</summary>
    public IReadOnlyList<PipelineStep> StepsOf(PipelineJob job) => Hook?.Steps ?? job.Steps;

    /// <summary>Where it runs.</summary>
    public PipelinePool? PoolOf(PipelineJob job) => Hook?.Pool ?? job.Pool;

    /// <summary>Whether it runs on the service, without an agent.</summary>
    public bool IsAgentless(PipelineJob job) => Hook is { IsAgentless: true } || (Hook?.Pool is null && job.IsAgentless);

    /// <summary>How it is shown, macros not expanded.</summary>
    public string DisplayNameOf(PipelineJob job) => DisplaySuffix is null ? job.DisplayName : $"{job.DisplayName} {DisplaySuffix}";
}

/// <summary>A job's legs, in order, and how they go.</summary>
/// <param name="Legs">At least one.</param>
/// <param name="MaxParallel">How many run at once; 0 means all.</param>
/// <param name="Type"><c>System.ParallelExecutionType</c>: MultiConfiguration or MultiMachine; null for a job without a strategy.</param>
/// <param name="InTurn">Each waits for the one before it, as the hooks of a deployment do.</param>
public sealed record JobExpansion(IReadOnlyList<JobLeg> Legs, int MaxParallel = 0, string? Type = null, bool InTurn = false)
{
    /// <summary>Of a job without a strategy.</summary>
    public static JobExpansion One { get; } = new([JobLeg.Only]);
}
