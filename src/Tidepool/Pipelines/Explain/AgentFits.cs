namespace Tidepool.Pipelines.Explain;

/// <summary>Says why no agent has a job.</summary>
internal static class AgentFits
{
    /// <param name="job">The job's name.</param>
    /// <param name="demands">What it wants.</param>
    /// <param name="agents">The pool's agents: name, state, capabilities (names ignore case).</param>
    public static JobWait Of(
        string job, IReadOnlyList<Demand> demands, IEnumerable<(string Name, string State, IReadOnlyDictionary<string, string> Capabilities)> agents)
    {
        List<AgentFit> fits =
        [
            .. agents
                .Select(agent => new AgentFit(
                    agent.Name, agent.State, [.. demands.Where(d => !d.IsMetBy(agent.Capabilities)).Select(d => Unmet(d, agent.Capabilities))]))
                .OrderBy(fit => fit.Unmet.Count)
                .ThenBy(fit => fit.State is "online" ? 0 : fit.State is "busy" ? 1 : 2)
                .ThenBy(fit => fit.Agent, StringComparer.Ordinal),
        ];
        return new JobWait(job, [.. demands.Select(demand => $"{demand}")], fits, Reason(fits));
    }

    private static string Reason(List<AgentFit> fits) => fits switch
    {
        [] => "the pool has no agent",
        [{ Unmet: [], State: "online" } free, ..] => $"agent {free.Agent} meets every demand and is about to get it",
        [{ Unmet: [] } best, ..] => best.State == "busy"
            ? $"agent {best.Agent} meets every demand and runs another job"
            : $"agent {best.Agent} meets every demand and is {best.State}",
        [var nearest, ..] => $"no agent meets every demand; the nearest, {nearest.Agent} ({nearest.State}), lacks {string.Join("; ", nearest.Unmet)}",
    };

    private static string Unmet(Demand demand, IReadOnlyDictionary<string, string> capabilities) =>
        capabilities.FirstOrDefault(c => c.Key.Equals(demand.Name, StringComparison.OrdinalIgnoreCase)) is { Key: not null } has
            ? $"{demand} (it has {has.Value})"
            : $"{demand} (it has no {demand.Name})";
}
