using Tidepool.Expressions;

namespace Tidepool.Pipelines.Graph;

public static partial class RunPlanner
{
    /// <summary>The nodes before a stage, or before a job in its stage.</summary>
    internal static Ancestors AncestorsOf(Pipeline pipeline, PipelineStage stage, PipelineJob? job, RunState state)
    {
        var view = new RunView(pipeline, state);
        return job is null ? view.AncestorsOf(stage) : view.AncestorsOf(stage, job);
    }

    /// <summary>What every part of a node's condition gives in a state.</summary>
    internal static EvaluatedPart Trace(Pipeline pipeline, PipelineStage stage, PipelineJob? job, RunState state)
    {
        var condition = (job is null ? stage.Condition : job.Condition) ?? "succeeded()";
        try
        {
            var context = ContextOf(new RunView(pipeline, state), pipeline, stage, job, AncestorsOf(pipeline, stage, job, state), state);
            return Expression.Parse(condition).Trace(context);
        }
        catch (ExpressionException e)
        {
            return new EvaluatedPart { Text = condition, Error = e.Message };
        }
        catch (ProblemException e)
        {
            return new EvaluatedPart { Text = condition, Error = e.Problem.What };
        }
    }
}
