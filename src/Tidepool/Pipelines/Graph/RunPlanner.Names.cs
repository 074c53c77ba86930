using Tidepool.Expressions;

namespace Tidepool.Pipelines.Graph;

public static partial class RunPlanner
{
    /// <summary>
    /// Variables that the run's number may name: the state's and the pipeline's, as they are before anything ran. Where a <c>$[ ]</c> fails, the
    /// pipeline's stay as they are written; the jobs say why.
    /// </summary>
    public static IReadOnlyDictionary<string, string> VariablesOfName(Pipeline pipeline, RunState state)
    {
        var all = new Dictionary<string, string>(state.Variables, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in Planned(pipeline, state))
        {
            all[name] = value;
        }
        return all.ToDictionary(v => v.Key, v => Macros.Expand(v.Value, all.GetValueOrDefault), StringComparer.OrdinalIgnoreCase);
    }

    private static IEnumerable<KeyValuePair<string, string>> Planned(Pipeline pipeline, RunState state)
    {
        var values = new Dictionary<string, ExpressionValue>(StringComparer.OrdinalIgnoreCase)
        {
            ["pipeline"] = RunView.PipelineValue(state),
            ["dependencies"] = new ObjectValue([]),
            ["stageDependencies"] = new ObjectValue([]),
            ["resources"] = new RunView(pipeline, state).Resources(),
        };
        try
        {
            return new RunVariables(state, pipeline.Variables, values).Planned.Select(v => KeyValuePair.Create(v.Key, v.Value.Value));
        }
        catch (ProblemException)
        {
            return pipeline.Variables.Where(v => !state.Variables.ContainsKey(v.Name)).Select(v => KeyValuePair.Create(v.Name, v.Value));
        }
    }
}
