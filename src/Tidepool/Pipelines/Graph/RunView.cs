using Tidepool.Expressions;

namespace Tidepool.Pipelines.Graph;

/// <summary>A run as expressions see it.</summary>
internal sealed class RunView(Pipeline pipeline, RunState state)
{
    private static readonly Dictionary<string, string> NoOutputs = [];

    private readonly List<NodeView> _stages =
        [.. pipeline.Stages.Select(s => new NodeView(s.Name, s.DependsOn, state.Stages.GetValueOrDefault(s.Name)?.Result))];

    public Ancestors AncestorsOf(PipelineStage stage) => new(stage.DependsOn, _stages);

    public Ancestors AncestorsOf(PipelineStage stage, PipelineJob job) =>
        new(job.DependsOn, [.. stage.Jobs.Select(j => new NodeView(j.Name, j.DependsOn, StateOf(stage, j)?.Result))]);

    /// <summary>What <c>$[ ]</c> may read of <c>resources</c>: the variables <c>resources.KIND.ALIAS.NAME</c> as objects.</summary>
    public ExpressionValue Resources() => new ObjectValue(state.Variables
        .Select(variable => (Parts: variable.Key.Split('.'), variable.Value))
        .Where(variable => variable.Parts.Length >= 4 && variable.Parts[0].Equals("resources", StringComparison.OrdinalIgnoreCase))
        .GroupBy(variable => variable.Parts[1], StringComparer.OrdinalIgnoreCase)
        .Select(kind => KeyValuePair.Create<string, ExpressionValue>(kind.Key, new ObjectValue(kind
            .GroupBy(variable => string.Join('.', variable.Parts[2..^1]), StringComparer.OrdinalIgnoreCase)
            .Select(alias => KeyValuePair.Create(
                alias.Key, ExpressionValue.Of(alias.Select(variable => KeyValuePair.Create(variable.Parts[^1], variable.Value)))))))));

    /// <summary>Values of a stage's condition, but for <c>variables</c>.</summary>
    public Dictionary<string, ExpressionValue> ValuesOf(PipelineStage stage) => new(StringComparer.OrdinalIgnoreCase)
    {
        ["pipeline"] = PipelineValue(state),
        ["dependencies"] = Objects(AncestorsOf(stage).All, node => StageValue(StageNamed(node.Name))),
    };

    /// <summary>Values of a job's condition and variables, but for <c>variables</c>.</summary>
    public Dictionary<string, ExpressionValue> ValuesOf(PipelineStage stage, PipelineJob job) => new(StringComparer.OrdinalIgnoreCase)
    {
        ["pipeline"] = PipelineValue(state),
        ["dependencies"] = Objects(
            AncestorsOf(stage, job).All, node => JobValue(stage, stage.Jobs.First(j => j.Name == node.Name))),
        ["stageDependencies"] = StageDependencies(stage),
    };

    /// <summary>Stages before this one, with their jobs.</summary>
    public ExpressionValue StageDependencies(PipelineStage stage) => Objects(AncestorsOf(stage).All, node =>
    {
        var before = StageNamed(node.Name);
        return new ObjectValue(before.Jobs.Select(j => KeyValuePair.Create(j.Name, JobValue(before, j))));
    });

    private PipelineStage StageNamed(string name) => pipeline.Stages.First(s => s.Name == name);

    /// <summary>The jobs of a stage that was skipped are skipped with it.</summary>
    private JobState? StateOf(PipelineStage stage, PipelineJob job) => state.Stages.GetValueOrDefault(stage.Name) switch
    {
        null => null,
        { Jobs: var jobs } when jobs.TryGetValue(job.Name, out var found) => found,
        { Result: NodeResult.Skipped } => new JobState(NodeResult.Skipped, NoOutputs),
        _ => null,
    };

    public static ExpressionValue PipelineValue(RunState state) =>
        new ObjectValue([KeyValuePair.Create("startTime", ExpressionValue.Of(state.StartTime))]);

    private ExpressionValue StageValue(PipelineStage stage) => NodeValue(
        state.Stages.GetValueOrDefault(stage.Name)?.Result,
        from job in stage.Jobs
        from output in StateOf(stage, job)?.Outputs ?? NoOutputs
        select KeyValuePair.Create($"{job.Name}.{output.Key}", output.Value));

    private ExpressionValue JobValue(PipelineStage stage, PipelineJob job) =>
        NodeValue(StateOf(stage, job)?.Result, StateOf(stage, job)?.Outputs ?? NoOutputs);

    private static ExpressionValue NodeValue(NodeResult? result, IEnumerable<KeyValuePair<string, string>> outputs) => new ObjectValue(
    [
        KeyValuePair.Create("result", ExpressionValue.Of(result?.ToString())),
        KeyValuePair.Create("outputs", ExpressionValue.Of(outputs)),
    ]);

    private static ExpressionValue Objects(IEnumerable<NodeView> nodes, Func<NodeView, ExpressionValue> value) =>
        new ObjectValue(nodes.Select(n => KeyValuePair.Create(n.Name, value(n))));
}
