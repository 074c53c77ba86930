using Tidepool.Pipelines;

namespace Tidepool.AzurePipelines.Pools;

/// <summary>What the service says when a job has no place to run.</summary>
internal static class PoolTexts
{
    public static string NoPool(string pool) =>
        $"Could not find a pool with name {pool}. The pool does not exist or has not been authorized for use. "
        + "For authorization details, refer to https://aka.ms/yamlauthz.";

    public static string NoneOnline(string pool, int fitting) =>
        $"No agent of pool {pool} that fits is online: {fitting} {(fitting == 1 ? "is" : "are")} registered.";

    public static string NoAgent(string pool, IReadOnlyList<Demand> demands, IReadOnlyList<IReadOnlyDictionary<string, string>> agents)
    {
        if (agents.Count == 0)
        {
            return $"No agents were found in pool {pool}. Configure an agent for the pool and try again.";
        }

        // Each demand may be met by some agent and yet no agent meets them all.
        var unmet = demands.Where(demand => !agents.Any(demand.IsMetBy)).ToList();
        var named = unmet.Count > 0 ? unmet : demands;
        return $"No agent found in pool {pool} which satisfies the following demand{(named.Count == 1 ? "" : "s")}: "
            + $"{string.Join(", ", named)}. All demands: {string.Join(", ", demands)}.";
    }
}
