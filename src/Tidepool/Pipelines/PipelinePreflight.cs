using Tidepool.Pipelines.Compile;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Schema;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines;

/// <summary>One step of a file, and why it cannot run here.</summary>
/// <param name="Position">Where the step begins.</param>
/// <param name="Text">Its display name, or its kind and first line.</param>
/// <param name="Obstacle">Why it cannot run; null when it runs.</param>
public sealed record PreflightStep(SourcePosition Position, string Text, string? Obstacle)
{
    public bool Runs => Obstacle is null;
}

/// <summary>What of a file runs here, before anything is run.</summary>
/// <param name="Steps">All steps as the file writes them, in its order.</param>
/// <param name="Errors">What <see cref="PipelineReader"/> refuses; empty when the file is accepted.</param>
public sealed record PreflightReport(IReadOnlyList<PreflightStep> Steps, IReadOnlyList<PipelineError> Errors)
{
    public int Running => Steps.Count(s => s.Runs);

    /// <summary>As in <c>18 of 22 steps run here</c>.</summary>
    public override string ToString() => $"{Running} of {Steps.Count} steps run here";
}

/// <summary>Looks at a file without running it and without asking that all of it be supported.</summary>
public static class PipelinePreflight
{
    /// <summary>Lists every step of a file. Templates are not opened: each counts as one step that does not run.</summary>
    /// <param name="file">The path as errors show it, as for <see cref="PipelineReader.Read"/>.</param>
    /// <param name="text">The file's text.</param>
    /// <param name="parameters">Values of the run's parameters; names ignore case.</param>
    /// <param name="variables">Predefined variables that are available at compile time.</param>
    /// <exception cref="PipelineNotValidException">The file is not YAML.</exception>
    public static PreflightReport Inspect(
        string file,
        string text,
        IReadOnlyDictionary<string, string> parameters,
        IReadOnlyDictionary<string, string> variables)
    {
        var errors = new PipelineErrors();
        var root = YamlReader.Read(file, text, errors);
        errors.ThrowIfAny();
        var steps = new StepFinder().Find(root!);
        _ = PipelineReader.Compile(root!, parameters, variables, errors);
        return new PreflightReport(steps, errors.InOrder());
    }
}

/// <summary>Walks a file as it is written, and keeps in mind what around a step keeps it from running.</summary>
internal sealed class StepFinder
{
    private static readonly string[] AroundJob =
        ["strategy", "container", "services", "uses", "templateContext", "extends", "queue", "server"];

    private readonly List<PreflightStep> _steps = [];

    public IReadOnlyList<PreflightStep> Find(YamlNode root)
    {
        if (root is MappingNode mapping)
        {
            VisitBodies(mapping, ObstacleIn(mapping, KnownKeys.Pipeline));
        }
        return _steps;
    }

    private void VisitBodies(MappingNode mapping, string? obstacle)
    {
        foreach (var (key, value) in mapping.Entries)
        {
            switch (key.Value)
            {
                case "stages":
                    VisitItems(value, obstacle, (stage, around) => VisitNode(stage, KnownKeys.StageKinds, around));
                    break;
                case "jobs" or "phases":
                    VisitItems(value, obstacle, (job, around) => VisitNode(job, KnownKeys.JobKinds, around));
                    break;
                case "steps":
                    VisitItems(value, obstacle, VisitStep);
                    break;
                case "strategy":
                    VisitHooks(value, obstacle);
                    break;
                case "extends" when value is MappingNode extends && extends["template"] is ScalarNode template:
                    _steps.Add(new PreflightStep(value.Position, $"template: {template.Value}", StepObstacles.NotYet("extends")));
                    break;
                case var directive when DirectiveOf(key) is not null:
                    VisitBodiesOf(value, obstacle ?? Inside(directive));
                    break;
            }
        }
    }

    private void VisitBodiesOf(YamlNode value, string? obstacle)
    {
        if (value is MappingNode mapping)
        {
            VisitBodies(mapping, obstacle);
        }
    }

    /// <summary>Steps of a deployment's hooks, however deep.</summary>
    private void VisitHooks(YamlNode hooks, string? obstacle)
    {
        if (hooks is MappingNode mapping)
        {
            VisitBodies(mapping, obstacle);
            foreach (var (_, value) in mapping.Entries.Where(e => e.Key.Value is not ("steps" or "strategy")))
            {
                VisitHooks(value, obstacle);
            }
        }
    }

    private static void VisitItems(YamlNode items, string? obstacle, Action<YamlNode, string?> visit)
    {
        foreach (var item in (items as SequenceNode)?.Items ?? [items])
        {
            if (item is MappingNode { Entries: [{ Key: var key } only] } && DirectiveOf(key) is not null)
            {
                VisitItems(only.Value, obstacle ?? Inside(key.Value), visit);
            }
            else
            {
                visit(item, obstacle);
            }
        }
    }

    private void VisitNode(YamlNode node, IReadOnlyList<string> kinds, string? obstacle)
    {
        if (node is not MappingNode { Entries: [{ Key.Value: var kind } first, ..] } mapping)
        {
            return;
        }
        if (kind == "template")
        {
            _steps.Add(new PreflightStep(mapping.Position, StepObstacles.TextOf(mapping, first), StepObstacles.NotYet("template")));
            return;
        }
        VisitBodies(mapping, obstacle ?? ObstacleIn(mapping, kinds[0] == "job" ? KnownKeys.Job : KnownKeys.Stage));
    }

    private void VisitStep(YamlNode node, string? obstacle)
    {
        if (node is MappingNode { Entries: [var first, ..] } mapping)
        {
            var why = obstacle ?? StepObstacles.Of(mapping, first);
            _steps.Add(new PreflightStep(mapping.Position, StepObstacles.TextOf(mapping, first), why));
        }
        else if (node is ScalarNode { Value: var text })
        {
            _steps.Add(new PreflightStep(node.Position, text, StepObstacles.NotYet(text)));
        }
    }

    private static string? ObstacleIn(MappingNode mapping, KeyTable keys)
    {
        if (mapping["pool"] is ScalarNode { Value: "server" })
        {
            return "it stands in a job without an agent, which runs only tasks of the service";
        }
        return mapping.Entries.Select(e => e.Key.Value).FirstOrDefault(k => AroundJob.Contains(k) && keys.NotYet.Contains(k)) switch
        {
            null => null,
            "container" or "services" => "a container job cannot run on Fargate: its tasks have no Docker engine",
            var key => StepObstacles.NotYet(key),
        };
    }

    private static string? DirectiveOf(ScalarNode key) => TemplateText.HasExpression(key.Value)
        && TemplateText.Parse(key.Value, out _)?.WholeExpression is { } expression ? TemplateText.DirectiveOf(expression) : null;

    private static string Inside(string directive) => $"it stands inside {directive}, which is not supported yet";
}
