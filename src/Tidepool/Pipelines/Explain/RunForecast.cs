using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Explain;

/// <summary>Carries a pipeline through as it would go if its jobs ended as somebody assumes.</summary>
public static class RunForecast
{
    /// <summary>Explains a pipeline whose jobs end as assumed; others succeed.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="of">What it is called in the explanation.</param>
    /// <param name="results">Results by <c>stage.job</c>, by <c>stage</c> for all jobs of it, or by <c>job</c>; names ignore case.</param>
    /// <param name="outputs">Output variables by <c>stage.job.step.name</c> or <c>job.step.name</c>; names ignore case.</param>
    /// <param name="variables">System and queue-time variables; names ignore case.</param>
    /// <param name="now">The time at which the run would start.</param>
    public static RunExplanation Explain(
        Pipeline pipeline,
        string of,
        IReadOnlyDictionary<string, NodeResult> results,
        IReadOnlyDictionary<string, string> outputs,
        IReadOnlyDictionary<string, string> variables,
        DateTimeOffset now)
    {
        var assumed = new Dictionary<string, NodeResult>(results, StringComparer.OrdinalIgnoreCase);
        var unknown = assumed.Keys.FirstOrDefault(name => !pipeline.Stages.Any(stage => Names(stage).Contains(name, StringComparer.OrdinalIgnoreCase)));
        unknown ??= outputs.Keys.FirstOrDefault(name => !pipeline.Stages.Any(stage => stage.Jobs.Any(job => OutputOf(stage.Name, job.Name, name) is not null)));
        if (unknown is not null)
        {
            throw new ProblemException(
                "EXPLAIN001",
                $"The pipeline has no stage or job {unknown}.",
                $"Name one of: {string.Join(", ", pipeline.Stages.SelectMany(stage => stage.Jobs.Select(job => $"{stage.Name}.{job.Name}")))}.");
        }
        var state = new RunState { StartTime = now, Variables = variables };
        while (true)
        {
            try
            {
                state = Advance(pipeline, state, assumed, outputs);
                var end = state;
                return new RunExplanation { Of = of, Nodes = RunExplainer.Explain(pipeline, (_, _) => end) };
            }
            catch (CounterNeededException needed)
            {
                // What a counter would give nobody knows here: its first value stands for it.
                state = state with
                {
                    Counters = new Dictionary<string, int>(state.Counters, StringComparer.OrdinalIgnoreCase) { [needed.Prefix] = needed.Seed },
                };
            }
        }
    }

    private static IEnumerable<string> Names(PipelineStage stage) =>
        stage.Jobs.SelectMany(job => new[] { job.Name, $"{stage.Name}.{job.Name}" }).Append(stage.Name);

    private static RunState Advance(
        Pipeline pipeline, RunState state, Dictionary<string, NodeResult> assumed, IReadOnlyDictionary<string, string> outputs)
    {
        while (RunPlanner.Decide(pipeline, state) is { Count: > 0 } decisions)
        {
            foreach (var decision in decisions)
            {
                state = RunPlanner.Apply(state, decision);
            }
            foreach (var (stage, job) in decisions.Where(d => d is { Job: not null, Action: NodeAction.Start }).Select(d => (d.Stage, d.Job!)))
            {
                state = RunPlanner.Apply(state, new NodeDecision(stage, job, NodeAction.Finish, ResultOf(pipeline, stage, job, assumed, state), null));
                state = WithOutputs(state, stage, job, outputs);
            }
        }
        return state;
    }

    private static RunState WithOutputs(RunState state, string stage, string job, IReadOnlyDictionary<string, string> outputs)
    {
        var set = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in outputs)
        {
            if (OutputOf(stage, job, name) is { } output)
            {
                set[output] = value;
            }
        }
        var known = state.Stages[stage];
        return state with
        {
            Stages = new Dictionary<string, StageState>(state.Stages)
            {
                [stage] = known with { Jobs = new Dictionary<string, JobState>(known.Jobs) { [job] = known.Jobs[job] with { Outputs = set } } },
            },
        };
    }

    /// <summary>What a name that somebody gave is in the outputs of a job; null when it is of another.</summary>
    private static string? OutputOf(string stage, string job, string name) => new[] { $"{stage}.{job}.", $"{job}." }
        .Where(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        .Select(prefix => name[prefix.Length..])
        .FirstOrDefault(rest => rest.Contains('.', StringComparison.Ordinal));

    private static NodeResult ResultOf(Pipeline pipeline, string stageName, string jobName, Dictionary<string, NodeResult> assumed, RunState state)
    {
        var result = assumed.TryGetValue($"{stageName}.{jobName}", out var exact) ? exact
            : assumed.TryGetValue(jobName, out var ofJob) ? ofJob
            : assumed.GetValueOrDefault(stageName, NodeResult.Succeeded);
        var stage = pipeline.Stages.First(s => s.Name == stageName);
        try
        {
            return RunPlanner.JobResult(RunPlanner.Plan(pipeline, stage, stage.Jobs.First(j => j.Name == jobName), state), result);
        }
        catch (ProblemException)
        {
            // What an output or an agent would give is not known here.
            return result;
        }
    }
}
