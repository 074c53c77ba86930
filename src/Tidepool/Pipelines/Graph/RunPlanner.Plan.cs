using Tidepool.Pipelines.Schema;

namespace Tidepool.Pipelines.Graph;

/// <summary>A job with everything of its start evaluated.</summary>
public sealed record JobPlan
{
    /// <summary>User variables, by precedence, <c>$[ ]</c> evaluated; macros in values are left to the agent. Names ignore case.</summary>
    public required IReadOnlyDictionary<string, PlannedVariable> Variables { get; init; }

    /// <summary>System variables that only this leg has, macros expanded. Names ignore case.</summary>
    public IReadOnlyDictionary<string, string> SystemVariables { get; init; } = new Dictionary<string, string>();

    /// <summary>The leg's display name with macros expanded.</summary>
    public string DisplayName { get; init; } = "";

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

public sealed record PlannedVariable(string Value, bool ReadOnly)
{
    public bool IsSecret { get; init; }
}

public static partial class RunPlanner
{
    /// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/phases#timeouts</remarks>
    private const int DefaultTimeoutInMinutes = 60;

    /// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job</remarks>
    private const int MaxCancelTimeoutInMinutes = 35_790;

    /// <summary>Evaluates a leg of a job at its start: variables, pool, demands, limits.</summary>
    /// <remarks>
    /// A leg's variables override those of the job, whose <c>$[ ]</c> may read them; for <c>container</c> that is documented, for others inferred.
    /// </remarks>
    /// <exception cref="ProblemException">
    /// PIPELINE001: an expression failed; PIPELINE002: it gave a value of the wrong kind; PIPELINE003: a demand is not valid.
    /// The message names it and its place.
    /// </exception>
    public static JobPlan Plan(Pipeline pipeline, PipelineStage stage, PipelineJob job, RunState state) => Plan(pipeline, stage, job, JobLeg.Only, state);

    /// <inheritdoc cref="Plan(Pipeline, PipelineStage, PipelineJob, RunState)"/>
    public static JobPlan Plan(Pipeline pipeline, PipelineStage stage, PipelineJob job, JobLeg leg, RunState state)
    {
        var variables = VariablesOf(new RunView(pipeline, state), pipeline, stage, job, state, leg);
        var pool = leg.PoolOf(job);
        string? Text(string? text) => text is null ? null : variables.Expand(variables.Evaluate(text, $"job {job.Name}", job.Position));
        string[] demands = [.. pool?.Demands.Select(d => Text(d)!) ?? []];
        foreach (var demand in demands)
        {
            _ = Demand.Parse(demand);
        }
        var timeout = Minutes(job, "timeoutInMinutes", job.TimeoutInMinutes, variables, 0, int.MaxValue) ?? DefaultTimeoutInMinutes;
        var cancel = Minutes(job, "cancelTimeoutInMinutes", job.CancelTimeoutInMinutes, variables, 1, MaxCancelTimeoutInMinutes);
        return new JobPlan
        {
            Variables = variables.Planned,
            SystemVariables = leg.SystemVariables.ToDictionary(v => v.Key, v => Text(v.Value)!, StringComparer.OrdinalIgnoreCase),
            DisplayName = variables.Expand(leg.DisplayNameOf(job)),
            PoolName = Text(pool?.Name),
            VmImage = Text(pool?.VmImage),
            Demands = demands,
            ContinueOnError = Flag(job, variables),
            Timeout = timeout == 0 ? null : TimeSpan.FromMinutes(timeout),
            CancelTimeout = cancel is { } minutes ? TimeSpan.FromMinutes(minutes) : TimeSpan.FromMinutes(5),
        };
    }

    private static int? Minutes(PipelineJob job, string key, string? text, RunVariables variables, int least, int most)
    {
        if (text is null)
        {
            return null;
        }
        var value = variables.Evaluate(text, $"{key} of job {job.Name}", job.Position);
        return MappingReader.ToNumber(value) is { } minutes && minutes >= least && minutes <= most
            ? minutes
            : throw WrongKind(job, key, value, $"a whole number of minutes, {least} or more");
    }

    private static bool Flag(PipelineJob job, RunVariables variables)
    {
        const string key = "continueOnError";
        if (job.ContinueOnError is not { } text)
        {
            return false;
        }
        var value = variables.Evaluate(text, $"{key} of job {job.Name}", job.Position);
        return MappingReader.ToFlag(value) ?? throw WrongKind(job, key, value, "true or false");
    }

    private static ProblemException WrongKind(PipelineJob job, string key, string value, string wanted) =>
        new("PIPELINE002", $"{job.Position}: {key} of job {job.Name} is '{value}'.", $"Let it give {wanted}.");
}
