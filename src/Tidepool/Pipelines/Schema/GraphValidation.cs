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

/// <summary>Checks one graph: names, that a node can begin, and that every other comes to its turn.</summary>
/// <remarks>
/// Source: https://github.com/actions/runner/blob/c8afc84/src/Sdk/DTPipelines/Pipelines/Validation/GraphValidator.cs. As there, a name
/// that appears twice hides the edges, and so does a graph that cannot begin; and a node that waits for one that never runs is said to
/// be in a cycle, though the circle itself is before it.
/// </remarks>
internal static class GraphValidation
{
    public static void Check(IReadOnlyList<GraphNode> nodes, GraphWords words, SourcePosition owner, PipelineErrors errors)
    {
        var isUnique = CheckNames(nodes, words, errors);
        if (nodes.All(n => n.DependsOn.Count > 0))
        {
            errors.Add(owner, words.NoRoot);
        }
        else if (isUnique)
        {
            CheckEdges(nodes, words, errors);
        }
    }

    private static bool CheckNames(IReadOnlyList<GraphNode> nodes, GraphWords words, PipelineErrors errors)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var isUnique = true;
        foreach (var node in nodes)
        {
            if (!Names.IsValid(node.Name))
            {
                errors.Add(node.Position, words.InvalidName(node.Name));
            }
            if (!seen.Add(node.Name))
            {
                errors.Add(node.Position, words.AppearsTwice(node.Name));
                isUnique = false;
            }
        }
        return isUnique;
    }

    private static void CheckEdges(IReadOnlyList<GraphNode> nodes, GraphWords words, PipelineErrors errors)
    {
        var byName = nodes.ToDictionary(n => n.Name, StringComparer.OrdinalIgnoreCase);
        var waits = nodes.ToDictionary(n => n, n => n.DependsOn.ToList());
        var open = new Queue<GraphNode>(nodes.Where(n => n.DependsOn.Count == 0));
        while (open.TryDequeue(out var done))
        {
            foreach (var (node, on) in waits)
            {
                if (on.RemoveAll(d => GraphNode.Same(d.Value, done.Name)) > 0 && on.Count == 0)
                {
                    open.Enqueue(node);
                }
            }
        }
        foreach (var (node, on) in waits)
        {
            foreach (var one in on)
            {
                var text = byName.TryGetValue(one.Value, out var target)
                    ? words.Cycle(node.Name, target.Name)
                    : words.Unknown(node.Name, one.Value);
                errors.Add(one.Position, text);
            }
        }
    }
}
