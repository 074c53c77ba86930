using Tidepool.Pipelines.Schema;

namespace Tidepool.Pipelines.Graph;

/// <summary>How far a leg is; <paramref name="Result"/> is null until it ended.</summary>
public sealed record LegState(bool Started, NodeResult? Result);

/// <summary>What to do with a leg, by its place among the legs: start it (<paramref name="Result"/> is null), or end it without running.</summary>
public sealed record LegDecision(int Index, NodeResult? Result);

public static partial class RunPlanner
{
    /// <summary>Most jobs that a strategy may make.</summary>
    /// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/phases (a stage has at most 256 jobs).</remarks>
    public const int MaxLegs = 256;

    /// <summary>Evaluates a job's strategy at its start: which legs it has.</summary>
    /// <remarks>
    /// Source: https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job-strategy. That a matrix without legs gives one ordinary
    /// job is inferred.
    /// </remarks>
    /// <exception cref="ProblemException">
    /// PIPELINE001: an expression failed; PIPELINE002: it gave a value of the wrong kind; PIPELINE004: there are too many legs.
    /// </exception>
    public static JobExpansion Expand(Pipeline pipeline, PipelineStage stage, PipelineJob job, RunState state)
    {
        if (job.Deployment is not null)
        {
            return DeploymentLegs.Of(job);
        }
        if (job.Strategy is not { } strategy)
        {
            return JobExpansion.One;
        }
        var variables = VariablesOf(new RunView(pipeline, state), pipeline, stage, job, state);
        string Text(string text, string key) => variables.Expand(variables.Evaluate(text, $"{key} of job {job.Name}", strategy.Position)).Trim();
        int Count(string? text, string key) => text is null ? 0
            : Text(text, key) is var value && MappingReader.ToNumber(value.TrimStart('-')) is { } number ? value.StartsWith('-') ? 0 : number
            : throw WrongKind(job, key, value, "a whole number");
        var matrix = strategy.MatrixExpression is { } expression
            ? Text(expression, "matrix") is var json && MatrixText.Read(json, strategy.Position) is { } read ? read
                : throw WrongKind(job, "matrix", json, "a JSON object of objects: {\"leg\": {\"variable\": \"value\"}}")
            : strategy.Matrix;
        var parallel = Count(strategy.Parallel, "parallel");
        var legs = matrix is { Count: > 0 } ? matrix.Count : parallel;
        if (legs > MaxLegs)
        {
            throw new ProblemException(
                "PIPELINE004",
                $"The matrix expansion resulted in {legs} jobs which exceeds the maximum allowable job count of {MaxLegs}.",
                $"Let the strategy of job {job.Name} make at most {MaxLegs} jobs.");
        }
        return matrix is { Count: > 0 }
            ? new JobExpansion(Configurations(matrix), Count(strategy.MaxParallel, "maxParallel"), "MultiConfiguration")
            : parallel <= 1 ? JobExpansion.One
            : new JobExpansion(Slices(parallel), Count(strategy.MaxParallel, "maxParallel"), "MultiMachine");
    }

    /// <summary>Which legs start or end now; empty when nothing changes until a running one ends.</summary>
    /// <param name="expansion">The legs.</param>
    /// <param name="legs">How far each is, in the same order.</param>
    /// <param name="canceling">The run was cancelled while the job ran: no further leg starts.</param>
    public static IReadOnlyList<LegDecision> DecideLegs(JobExpansion expansion, IReadOnlyList<LegState> legs, bool canceling)
    {
        if (expansion.InTurn)
        {
            return DecideHooks(expansion, legs, canceling);
        }
        var waiting = legs.Select((leg, index) => (leg, index)).Where(l => l.leg is { Started: false, Result: null }).Select(l => l.index);
        if (canceling)
        {
            return [.. waiting.Select(index => new LegDecision(index, NodeResult.Canceled))];
        }
        var running = legs.Count(leg => leg is { Started: true, Result: null });
        var room = expansion.MaxParallel <= 0 ? int.MaxValue : expansion.MaxParallel - running;
        return [.. waiting.Take(Math.Max(0, room)).Select(index => new LegDecision(index, null))];
    }

    /// <summary>One hook after the other; those that have no turn any more are skipped.</summary>
    private static List<LegDecision> DecideHooks(JobExpansion expansion, IReadOnlyList<LegState> legs, bool canceling)
    {
        List<LegDecision> decisions = [];
        var failed = legs.Any(leg => leg.Result is NodeResult.Failed or NodeResult.Abandoned or NodeResult.Canceled);
        for (var index = 0; index < legs.Count; index++)
        {
            if (legs[index].Result is not null)
            {
                continue;
            }
            if (legs[index].Started)
            {
                break;
            }
            var turn = !canceling && (expansion.Legs[index].Hook!.Kind == HookKind.OnFailure) == failed;
            decisions.Add(new LegDecision(index, turn ? null : NodeResult.Skipped));
            if (turn)
            {
                break;
            }
        }
        return decisions;
    }

    private static List<JobLeg> Configurations(IReadOnlyList<MatrixLeg> matrix)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. matrix.Select((leg, index) =>
            {
                var name = Names.IsValid(leg.Name) && taken.Add(leg.Name) ? leg.Name : $"Job{index + 1}";
                return Leg(name, leg.Name, index, matrix.Count) with { Variables = leg.Variables };
            }),
        ];
    }

    private static List<JobLeg> Slices(int count) =>
        [.. Enumerable.Range(0, count).Select(index => Leg($"Job{index + 1}", $"Job{index + 1}", index, count))];

    private static JobLeg Leg(string name, string shown, int index, int count) => new()
    {
        Name = name,
        DisplaySuffix = shown,
        Position = index + 1,
        Total = count,
        OutputPrefixes = [name],
    };
}
