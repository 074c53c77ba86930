namespace Tidepool.Pipelines.Graph;

/// <summary>A node that others may depend on, and how it ended.</summary>
internal sealed record NodeView(string Name, IReadOnlyList<string> DependsOn, NodeResult? Result);

/// <summary>The nodes before one node: those it depends on, and theirs.</summary>
internal sealed class Ancestors
{
    private readonly List<NodeView> _all = [];

    public Ancestors(IReadOnlyList<string> dependsOn, IReadOnlyList<NodeView> graph)
    {
        var byName = graph.ToDictionary(n => n.Name, StringComparer.OrdinalIgnoreCase);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var open = new Queue<string>(dependsOn);
        while (open.TryDequeue(out var name))
        {
            if (seen.Add(name) && byName.TryGetValue(name, out var node))
            {
                _all.Add(node);
                foreach (var next in node.DependsOn)
                {
                    open.Enqueue(next);
                }
            }
        }
    }

    /// <summary>Nearest first.</summary>
    public IReadOnlyList<NodeView> All => _all;

    /// <summary>The answer of a status function.</summary>
    /// <param name="function">succeeded, failed or succeededOrFailed.</param>
    /// <param name="names">Only these nodes; none means all.</param>
    /// <param name="canceling">The run is being cancelled.</param>
    /// <remarks>
    /// Source: https://learn.microsoft.com/azure/devops/pipelines/process/expressions#job-status-check-functions.
    /// That a skipped ancestor makes succeeded() and succeededOrFailed() false is seen in issues of the documentation;
    /// that an abandoned one counts as failed is inferred. The page on conditions says that a child of a skipped parent never
    /// runs, and the one on expressions shows conditions that let it run (in(dependencies.A.result, 'Skipped')): here the
    /// child's own condition decides, so that always() runs after a skipped parent. Not confirmed by Microsoft.
    /// </remarks>
    public bool Status(string function, IReadOnlyList<string> names, bool canceling)
    {
        var results = names.Count == 0
            ? _all.Select(n => n.Result)
            : names.Select(name => _all.Find(n => n.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Result);
        return function switch
        {
            "failed" => results.Any(r => r is NodeResult.Failed or NodeResult.Abandoned),
            "succeeded" => !canceling && results.All(r => r is NodeResult.Succeeded or NodeResult.SucceededWithIssues),
            "succeededOrFailed" => !canceling && results.All(r => r is not (null or NodeResult.Skipped or NodeResult.Canceled)),
            _ => throw new InvalidOperationException($"Unhandled status function {function}."),
        };
    }

    /// <summary>The nodes that keep <c>succeeded()</c> from being true, in words.</summary>
    public string Unsuccessful() => string.Join(", ", _all
        .Where(n => n.Result is not (NodeResult.Succeeded or NodeResult.SucceededWithIssues))
        .Select(n => $"{n.Name} {Words(n.Result)}"));

    /// <summary>A result as a sentence says it.</summary>
    public static string Words(NodeResult? result) => result switch
    {
        NodeResult.Failed => "failed",
        NodeResult.Canceled => "was canceled",
        NodeResult.Skipped => "was skipped",
        NodeResult.Abandoned => "was abandoned",
        NodeResult.Succeeded => "succeeded",
        NodeResult.SucceededWithIssues => "succeeded with issues",
        _ => "has not ended",
    };
}
