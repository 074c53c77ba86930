using Tidepool.Expressions;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Explain;

/// <summary>Explains a run from its state, by the same rules that decide it. Pure.</summary>
internal static class RunExplainer
{
    private static readonly string[] StatusFunctions = ["succeeded", "succeededOrFailed", "failed"];

    /// <summary>Explains every stage and job.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stateAt">The run's state for a stage, or a job of it: its nodes as they are now, and whether it was being cancelled when this one was decided.</param>
    public static IReadOnlyList<NodeExplanation> Explain(Pipeline pipeline, Func<PipelineStage, PipelineJob?, RunState> stateAt) =>
    [
        .. pipeline.Stages.SelectMany(stage => stage.Jobs.Select(job => Explain(pipeline, stage, job, stateAt(stage, job)))
            .Prepend(Explain(pipeline, stage, job: null, stateAt(stage, null)))),
    ];

    private static NodeExplanation Explain(Pipeline pipeline, PipelineStage stage, PipelineJob? job, RunState state)
    {
        var (condition, position, dependsOn) = job is null
            ? (stage.Condition, stage.Position, stage.DependsOn)
            : (job.Condition, job.Position, job.DependsOn);
        var explained = new NodeExplanation
        {
            Stage = stage.Name,
            Job = job?.Name,
            Place = position.Line > 0 ? $"{position}" : null,
            DependsOn = dependsOn,
            Condition = condition ?? "succeeded()",
            IsDefault = condition is null,
            State = StateOf(stage, job, state),
        };
        var known = state.Stages.GetValueOrDefault(stage.Name);
        if (job is not null && known?.Result is NodeResult.Skipped)
        {
            return explained with { Because = [$"stage {stage.Name} was skipped, and its jobs with it"] };
        }
        var ancestors = RunPlanner.AncestorsOf(pipeline, stage, job, state);
        var waiting = ancestors.All.Where(n => n.Result is null).Select(n => n.Name).ToList();
        if (waiting.Count > 0 || (job is not null && known is null))
        {
            return explained with
            {
                Because = [waiting.Count > 0 ? $"waits for {string.Join(" and ", waiting)} to end" : $"waits for stage {stage.Name} to start"],
            };
        }
        var evaluation = RunPlanner.Trace(pipeline, stage, job, state);
        List<string> because = [.. Statuses(evaluation).Distinct().Select(call => Because(call, ancestors, stage.Name, state)).OfType<string>()];
        if (job is null && stage.IsManual && known is null && !state.Released.Contains(stage.Name))
        {
            because.Add("waits for somebody to start it (trigger: manual)");
        }
        return explained with { Evaluation = evaluation, Because = because };
    }

    private static string StateOf(PipelineStage stage, PipelineJob? job, RunState state)
    {
        var known = state.Stages.GetValueOrDefault(stage.Name);
        if (job is null)
        {
            return known is null ? "waits" : known.Result?.ToString() ?? "runs";
        }
        return known?.Jobs.GetValueOrDefault(job.Name) is { } own ? own.Result?.ToString() ?? "runs"
            : known?.Result is NodeResult.Skipped ? $"{NodeResult.Skipped}"
            : "waits";
    }

    /// <summary>The calls of status functions that were looked at.</summary>
    private static IEnumerable<EvaluatedPart> Statuses(EvaluatedPart part) => part.Parts.SelectMany(Statuses).Concat(
        part is { Function: { } name, Value: not null } && StatusFunctions.Contains(name, StringComparer.OrdinalIgnoreCase) ? [part] : []);

    private static string? Because(EvaluatedPart call, Ancestors ancestors, string stage, RunState state)
    {
        var names = call.Parts.Select(p => p.Value?.Trim('\'') ?? "").ToList();
        var looked = names.Count == 0 ? ancestors.All : [.. ancestors.All.Where(n => names.Contains(n.Name, StringComparer.OrdinalIgnoreCase))];
        var isFalse = call.Value == "False";
        if (call.Function!.Equals("failed", StringComparison.OrdinalIgnoreCase))
        {
            return isFalse ? $"{call.Text} is False: nothing before it failed" : $"{call.Text} is True: {Causes(looked, ancestors, n => n.Result is NodeResult.Failed or NodeResult.Abandoned)}";
        }
        if (!isFalse)
        {
            return null;
        }
        if (state.Canceling)
        {
            return $"{call.Text} is False: the {(state.CanceledStages.Contains(stage) ? "stage" : "run")} was being canceled";
        }
        var missing = names.Where(name => !ancestors.All.Any(n => n.Name.Equals(name, StringComparison.OrdinalIgnoreCase))).ToList();
        return missing.Count > 0
            ? $"{call.Text} is False: it does not depend on {string.Join(" and ", missing)}"
            : $"{call.Text} is False: {Causes(looked, ancestors, n => n.Result is not (NodeResult.Succeeded or NodeResult.SucceededWithIssues))}";
    }

    /// <summary>The nodes that brought it about; one that was skipped for what was before it comes behind its cause.</summary>
    private static string Causes(IReadOnlyList<NodeView> looked, Ancestors ancestors, Func<NodeView, bool> isCause)
    {
        string Text(NodeView node)
        {
            var before = node.Result is NodeResult.Skipped
                ? new Ancestors(node.DependsOn, ancestors.All).All.Where(n => n.Result is not (NodeResult.Succeeded or NodeResult.SucceededWithIssues or null)).ToList()
                : [];
            return before.Count == 0 ? $"{node.Name} {Ancestors.Words(node.Result)}"
                : $"{node.Name} was skipped after {string.Join(" and ", before.Select(n => $"{n.Name} {Ancestors.Words(n.Result)}"))}";
        }

        return string.Join(", ", looked.Where(isCause).Select(Text));
    }
}
