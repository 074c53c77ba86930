using Tidepool.Expressions;

namespace Tidepool.Pipelines.Graph;

/// <summary>One thing to do next. <see cref="Job"/> is null for a stage.</summary>
public sealed record NodeDecision(string Stage, string? Job, NodeAction Action, NodeResult? Result, string? Reason);

public enum NodeAction
{
    Start,

    /// <summary>
    /// End the node with <see cref="NodeDecision.Result"/>: Skipped, or Failed where its condition could not be evaluated, with the reason;
    /// a stage that ran, when its last job has ended, with its jobs' result.
    /// The jobs of a skipped stage are skipped with it and have no decisions of their own.
    /// </summary>
    Finish,
}

/// <summary>Decides, purely, what a run does next.</summary>
public static partial class RunPlanner
{
    private static readonly Dictionary<string, JobState> NoJobs = [];
    private static readonly Dictionary<string, string> NoOutputs = [];

    /// <summary>
    /// Which stages, and jobs of running stages, start or end now, in an order in which they can be carried out one after the other.
    /// Empty when nothing changes until a running job ends.
    /// </summary>
    public static IReadOnlyList<NodeDecision> Decide(Pipeline pipeline, RunState state)
    {
        List<NodeDecision> decisions = [];
        while (pipeline.Stages.SelectMany(stage => DecideStage(pipeline, stage, state)).ToList() is { Count: > 0 } next)
        {
            decisions.AddRange(next);
            state = next.Aggregate(state, Apply);
        }
        return decisions;
    }

    /// <summary>
    /// The result of a stage from its jobs', or of a run from its stages'. The first failure or cancellation stays;
    /// a skipped node changes nothing.
    /// </summary>
    /// <remarks>
    /// Source: https://github.com/actions/runner/tree/c8afc84/src/Sdk/DTPipelines.
    /// That a stage whose jobs were all skipped succeeds is inferred.
    /// </remarks>
    public static NodeResult Aggregate(IEnumerable<NodeResult> results) => results.Aggregate(NodeResult.Succeeded, Merge);

    /// <summary>
    /// The result of a job, from what its agent reported: with continueOnError a failure counts as succeeded with issues.
    /// Whoever records the job's result applies this first; <see cref="Decide"/> takes results as they are recorded.
    /// </summary>
    public static NodeResult JobResult(JobPlan plan, NodeResult reported) =>
        plan.ContinueOnError && reported == NodeResult.Failed ? NodeResult.SucceededWithIssues : reported;

    private static NodeResult Merge(NodeResult sum, NodeResult next) => (sum, next) switch
    {
        (NodeResult.Failed or NodeResult.Canceled, _) => sum,
        (_, NodeResult.Failed or NodeResult.Abandoned) => NodeResult.Failed,
        (_, NodeResult.Canceled) => NodeResult.Canceled,
        (_, NodeResult.SucceededWithIssues) => NodeResult.SucceededWithIssues,
        _ => sum,
    };

    private static IEnumerable<NodeDecision> DecideStage(Pipeline pipeline, PipelineStage stage, RunState state)
    {
        if (!state.Stages.TryGetValue(stage.Name, out var known))
        {
            return DecideNode(new RunView(pipeline, state), pipeline, stage, job: null, state) is { } decision && !WaitsForSomebody(stage, decision, state)
                ? [decision]
                : [];
        }
        if (known.Result is not null)
        {
            return [];
        }
        if (stage.Jobs.All(j => known.Jobs.GetValueOrDefault(j.Name)?.Result is not null))
        {
            // One that was cancelled before any of its jobs ran has nothing but skipped ones; it was cancelled all the same.
            var sum = Aggregate(stage.Jobs.Select(j => known.Jobs[j.Name].Result!.Value));
            var result = state.CanceledStages.Contains(stage.Name) && sum != NodeResult.Failed ? NodeResult.Canceled : sum;
            return [new NodeDecision(stage.Name, null, NodeAction.Finish, result, null)];
        }
        state = InStage(stage, state);
        var view = new RunView(pipeline, state);
        return stage.Jobs
            .Where(j => !known.Jobs.ContainsKey(j.Name))
            .Select(j => DecideNode(view, pipeline, stage, j, state))
            .OfType<NodeDecision>();
    }

    /// <summary>The state as the jobs of a stage see it: to those of one that is being cancelled, the run is.</summary>
    internal static RunState InStage(PipelineStage stage, RunState state) =>
        state.CanceledStages.Contains(stage.Name) ? state with { Canceling = true } : state;

    /// <summary>A manual stage that could start, and that nobody started. The run may end without it.</summary>
    /// <remarks>Source: https://learn.microsoft.com/azure/devops/release-notes/2024/sprint-243-update (manual stages).</remarks>
    private static bool WaitsForSomebody(PipelineStage stage, NodeDecision decision, RunState state) =>
        stage.IsManual && decision.Action == NodeAction.Start && !state.Released.Contains(stage.Name);

    /// <summary>Null while a node before this one has not ended.</summary>
    private static NodeDecision? DecideNode(RunView view, Pipeline pipeline, PipelineStage stage, PipelineJob? job, RunState state)
    {
        var ancestors = job is null ? view.AncestorsOf(stage) : view.AncestorsOf(stage, job);
        if (ancestors.All.Any(n => n.Result is null))
        {
            return null;
        }
        NodeDecision Finish(NodeResult result, string reason) => new(stage.Name, job?.Name, NodeAction.Finish, result, reason);
        var start = new NodeDecision(stage.Name, job?.Name, NodeAction.Start, null, null);
        if ((job is null ? stage.Condition : job.Condition) is not { } condition)
        {
            var why = state.CanceledStages.Contains(stage.Name) ? "the stage is being canceled"
                : state.Canceling ? "the run is being canceled"
                : ancestors.Unsuccessful();
            return ancestors.Status("succeeded", [], state.Canceling)
                ? start
                : Finish(NodeResult.Skipped, $"condition succeeded() was False: {why}");
        }
        try
        {
            var result = Expression.Parse(condition).Evaluate(ContextOf(view, pipeline, stage, job, ancestors, state));
            return result.IsTrue ? start : Finish(NodeResult.Skipped, $"condition {condition} was {result.Value}: {result.Expanded}");
        }
        catch (ExpressionException e)
        {
            return Finish(NodeResult.Failed, $"condition {condition} could not be evaluated: {e.Message}");
        }
        catch (ProblemException e)
        {
            return Finish(NodeResult.Failed, $"condition {condition} could not be evaluated: {e.Problem.What}");
        }
    }

    /// <summary>What a condition may name, with values.</summary>
    private static ExpressionContext ContextOf(
        RunView view, Pipeline pipeline, PipelineStage stage, PipelineJob? job, Ancestors ancestors, RunState state)
    {
        var values = job is null ? view.ValuesOf(stage) : view.ValuesOf(stage, job);
        values["variables"] = VariablesOf(view, pipeline, stage, job, state).AsValue;
        bool Status(string function, IReadOnlyList<string> names) => ancestors.Status(function, names, state.Canceling);
        return new ExpressionContext { Values = values, Functions = ExpressionScopes.Functions(Status, state.Canceling) };
    }

    private static RunVariables VariablesOf(
        RunView view, Pipeline pipeline, PipelineStage stage, PipelineJob? job, RunState state, JobLeg? leg = null)
    {
        var values = job is null ? view.ValuesOf(stage) : view.ValuesOf(stage, job);
        values["stageDependencies"] = view.StageDependencies(stage);
        values["resources"] = view.Resources();
        List<PipelineVariable> own = [.. leg?.Variables.Select(v => new PipelineVariable(v.Key, v.Value, false, job!.Position)) ?? []];
        // A leg's variables come before the job's, which may read them, and override them.
        return new RunVariables(state, [.. pipeline.Variables, .. stage.Variables, .. own, .. job?.Variables ?? [], .. own], values);
    }

    /// <summary>The state when a decision has been carried out; a job that starts runs, with no result yet.</summary>
    internal static RunState Apply(RunState state, NodeDecision decision)
    {
        var stages = new Dictionary<string, StageState>(state.Stages);
        if (decision.Job is null)
        {
            stages[decision.Stage] = new StageState(decision.Result, stages.GetValueOrDefault(decision.Stage)?.Jobs ?? NoJobs);
        }
        else
        {
            var stage = stages[decision.Stage];
            var jobs = new Dictionary<string, JobState>(stage.Jobs) { [decision.Job] = new JobState(decision.Result, NoOutputs) };
            stages[decision.Stage] = stage with { Jobs = jobs };
        }
        return state with { Stages = stages };
    }
}
