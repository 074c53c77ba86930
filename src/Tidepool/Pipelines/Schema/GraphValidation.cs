using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Yaml;

namespace Tidepool.Pipelines.Schema;

/// <summary>A stage or a job as the graph sees it.</summary>
internal sealed record GraphNode(string Name, IReadOnlyList<ScalarNode> DependsOn, SourcePosition Position)
{
    /// <summary>Names as the nodes themselves spell them, each once; they are compared ignoring case.</summary>
    public static IReadOnlyList<string> Spelled(IEnumerable<string> names, IReadOnlyList<GraphNode> nodes) =>
        [.. names.Select(n => nodes.FirstOrDefault(node => Same(node.Name, n))?.Name ?? n).Distinct(StringComparer.OrdinalIgnoreCase)];

    public static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The service's words for faults of one graph.</summary>
internal sealed record GraphWords(string NoRoot, string Prefix, string Noun, Func<string, string> AppearsTwice)
{
    private const string ValidNames = "Valid names may only contain alphanumeric characters and '_' and may not start with a number.";

    public static GraphWords OfStages { get; } = new(
        "The pipeline must contain at least one stage with no dependencies.",
        "Stage",
        "stage",
        name => $"The stage name {name} appears more than once. Stage names must be unique within a pipeline.");

    public static GraphWords OfJobs(string stage) => stage == PipelineStage.DefaultName
        ? new(
            "The pipeline must contain at least one job with no dependencies.",
            "Job",
            "job",
            name => $"The job name {name} appears more than once. Job names must be unique within a pipeline.")
        : new(
            $"Stage {stage} must contain at least one job with no dependencies.",
            $"Stage {stage} job",
            "job",
            name => $"Stage {stage} job {name} appears more than once. Job names must be unique within a stage.");

    public string InvalidName(string name) => $"{Prefix} {name} has an invalid name. {ValidNames}";

    public string Cycle(string name, string on) => $"{Prefix} {name} depends on {Noun} {on} which creates a cycle in the dependency graph.";

    public string Unknown(string name, string on) => $"{Prefix} {name} depends on unknown {Noun} {on}.";
}

/// <summary>Checks one graph: names first; then that a node can begin, which hides the rest; then cycles and unknown dependencies.</summary>
/// <remarks>The order is seen in public reports of the service; not confirmed by Microsoft.</remarks>
internal static class GraphValidation
{
    public static void Check(IReadOnlyList<GraphNode> nodes, GraphWords words, SourcePosition owner, PipelineErrors errors)
    {
        if (!CheckNames(nodes, words, errors))
        {
            return;
        }
        if (nodes.All(n => n.DependsOn.Count > 0))
        {
            errors.Add(owner, words.NoRoot);
            return;
        }
        var byName = nodes.ToDictionary(n => n.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var node in nodes)
        {
            foreach (var on in node.DependsOn)
            {
                if (!byName.TryGetValue(on.Value, out var target))
                {
                    errors.Add(on.Position, words.Unknown(node.Name, on.Value));
                }
                else if (Reaches(target, node, byName))
                {
                    errors.Add(on.Position, words.Cycle(node.Name, target.Name));
                }
            }
        }
    }

    private static bool CheckNames(IReadOnlyList<GraphNode> nodes, GraphWords words, PipelineErrors errors)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var valid = true;
        foreach (var node in nodes)
        {
            if (!Names.IsValid(node.Name))
            {
                errors.Add(node.Position, words.InvalidName(node.Name));
                valid = false;
            }
            if (!seen.Add(node.Name))
            {
                errors.Add(node.Position, words.AppearsTwice(node.Name));
                valid = false;
            }
        }
        return valid;
    }

    private static bool Reaches(GraphNode from, GraphNode to, Dictionary<string, GraphNode> byName)
    {
        var open = new Stack<GraphNode>([from]);
        var seen = new HashSet<GraphNode>(ReferenceEqualityComparer.Instance) { from };
        while (open.TryPop(out var node))
        {
            if (ReferenceEquals(node, to))
            {
                return true;
            }
            foreach (var on in node.DependsOn)
            {
                if (byName.TryGetValue(on.Value, out var next) && seen.Add(next))
                {
                    open.Push(next);
                }
            }
        }
        return false;
    }
}
