using System.Net;
using Tidepool.Agent.Token;
using Tidepool.Agent.Wire;

namespace Tidepool.Agent.Registration;

/// <summary>Says what a refusal of the service means, where its status alone tells.</summary>
internal static class PoolRefusal
{
    /// <summary>The refusal as the user mends it; null where only the service's own words tell.</summary>
    public static AgentException? Explain(WireException e, string url, TokenSource source) => e.Status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new("AGENT003", $"{url} refused the token: {e.Message}.", source.MendWhenRefused),
        HttpStatusCode.NotFound => new("AGENT005", $"{url} is no organization of Azure Pipelines: {e.Message}.", "Check AZP_URL."),
        _ => null,
    };

    public static AgentException OutOfReach(string url, TimeSpan limit, Exception e) => new(
        "AGENT005", $"{url} could not be reached for {limit.TotalSeconds:0} s: {e.Message}.", "Check AZP_URL and the network.");

    public static AgentException NoPool(string url, string pool) => new(
        "AGENT004", $"There is no agent pool \"{pool}\" in {url}, or the token may not see it.", "Set AZP_POOL to a pool's name.");
}
