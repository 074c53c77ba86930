using Tidepool.Pipelines.Compile;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Schema;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines;

/// <summary>One step of a pipeline, and why it cannot run here.</summary>
/// <param name="Position">Where the step is written.</param>
/// <param name="Text">Its display name, or its kind and first line.</param>
/// <param name="Obstacle">Why it cannot run; null when it runs.</param>
public sealed record PreflightStep(SourcePosition Position, string Text, string? Obstacle)
{
    public bool Runs => Obstacle is null;
}

/// <summary>What of a pipeline runs here, before anything is run.</summary>
/// <param name="Steps">All steps of the expanded pipeline, in its order; those of branches that are not taken are not among them.</param>
/// <param name="Errors">What <see cref="PipelineReader"/> refuses; empty when the pipeline is accepted.</param>
public sealed record PreflightReport(IReadOnlyList<PreflightStep> Steps, IReadOnlyList<PipelineError> Errors)
{
    public int Running => Steps.Count(s => s.Runs);

    /// <summary>As in <c>18 of 22 steps run here</c>.</summary>
    public override string ToString() => $"{Running} of {Steps.Count} steps run here";
}

/// <summary>Looks at a pipeline without running it and without asking that all of it be supported.</summary>
public static class PipelinePreflight
{
    /// <summary>Lists every step of a pipeline, its templates opened.</summary>
    /// <exception cref="PipelineNotValidException">The file is missing, is not YAML, or takes more than the service allows.</exception>
    public static PreflightReport Inspect(PipelineSource source)
    {
        var errors = new PipelineErrors();
        if (Expander.Expand(source, errors) is not { } root)
        {
            errors.ThrowIfAny();
            return new PreflightReport([], []);
        }
        var steps = new StepFinder(source.Tasks).Find(root);
        _ = PipelineReader.ReadExpanded(root, source, errors);
        return new PreflightReport(steps, errors.InOrder());
    }
}

/// <summary>Walks an expanded pipeline, and keeps in mind what around a step keeps it from running.</summary>
internal sealed class StepFinder(ITaskCatalog? tasks)
{
    private readonly List<PreflightStep> _steps = [];

    public IReadOnlyList<PreflightStep> Find(YamlNode root)
    {
        VisitBodies(root, obstacle: null);
        return _steps;
    }

    private void VisitBodies(YamlNode node, string? obstacle)
    {
        if (node is not MappingNode mapping)
        {
            return;
        }
        obstacle ??= ObstacleIn(mapping);
        foreach (var (key, value) in mapping.Entries)
        {
            switch (key.Value)
            {
                case "stages" or "jobs" or "phases":
                    VisitItems(value, obstacle, VisitBodies);
                    break;
                case "steps":
                    VisitItems(value, obstacle, VisitStep);
                    break;
                case "strategy":
                    VisitHooks(value, obstacle);
                    break;
            }
        }
    }

    /// <summary>Steps of a deployment's hooks, however deep.</summary>
    private void VisitHooks(YamlNode hooks, string? obstacle)
    {
        if (hooks is not MappingNode mapping)
        {
            return;
        }
        obstacle ??= ObstacleIn(mapping);
        foreach (var (key, value) in mapping.Entries.Where(e => e.Key.Value != "matrix"))
        {
            if (key.Value == "steps")
            {
                VisitItems(value, obstacle, VisitStep);
            }
            else
            {
                VisitHooks(value, obstacle);
            }
        }
    }

    private static void VisitItems(YamlNode items, string? obstacle, Action<YamlNode, string?> visit)
    {
        foreach (var item in (items as SequenceNode)?.Items ?? [])
        {
            visit(item, obstacle);
        }
    }

    private void VisitStep(YamlNode node, string? obstacle)
    {
        var position = node.Origin?.Value ?? node.Position;
        if (node is MappingNode { Entries: [var first, ..] } mapping)
        {
            var why = obstacle ?? StepObstacles.Of(mapping, first, tasks);
            _steps.Add(new PreflightStep(position, StepObstacles.TextOf(mapping, first), why));
        }
        else if (node is ScalarNode { Value: var text })
        {
            _steps.Add(new PreflightStep(position, text, $"'{text}' is not a step"));
        }
    }

    private static string? ObstacleIn(MappingNode mapping)
    {
        if (mapping["pool"] is ScalarNode { Value: "server" } || mapping["server"] is not null)
        {
            return "it stands in a job without an agent, which runs only tasks of the service";
        }
        return mapping["container"] is not (null or ScalarNode { IsNull: true }) || mapping["services"] is not null
            ? "a container job cannot run on Fargate: its tasks have no Docker engine"
            : null;
    }
}
