using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Schema;

/// <summary>What tasks want of the agent, added to what their job wants.</summary>
/// <remarks>
/// Source: https://github.com/actions/runner/tree/c8afc84/src/Sdk/DTPipelines/Pipelines, Phase.cs and AgentQueueTarget.cs. Of several
/// demands for <c>Agent.Version</c> only the highest stays; a pool of Microsoft's machines takes no other demand of a task. That a task
/// may satisfy a later one's demand is left out: no task of ours does.
/// </remarks>
internal static class TaskDemands
{
    private const string AgentVersion = "Agent.Version";

    /// <summary>The demands of one task.</summary>
    public static IEnumerable<string> Of(PipelineTask task) =>
        task.MinimumAgentVersion is { Length: > 0 } least ? task.Demands.Append($"{AgentVersion} -gtVersion {least}") : task.Demands;

    /// <summary>The pool with the demands; null only when there are none and no pool was chosen.</summary>
    public static PipelinePool? AddTo(PipelinePool? pool, IReadOnlyList<string> demands, SourcePosition position)
    {
        var wanted = pool?.VmImage is null ? demands : [.. demands.Where(IsOfVersion)];
        if (wanted.Count == 0)
        {
            return pool;
        }
        pool ??= new PipelinePool(null, null, [], position);
        var all = pool.Demands.Concat(wanted).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var highest = all.Where(IsOfVersion).MaxBy(VersionOf);
        return pool with { Demands = [.. all.Where(d => !IsOfVersion(d) || d == highest)] };
    }

    private static bool IsOfVersion(string demand) =>
        Demand.TryParse(demand, out var parsed)
        && parsed.Operator == DemandOperator.GtVersion
        && parsed.Name.Equals(AgentVersion, StringComparison.OrdinalIgnoreCase)
        && Version.TryParse(parsed.Value, out _);

    private static Version VersionOf(string demand) => Version.Parse(demand[(demand.LastIndexOf(' ') + 1)..]);
}
