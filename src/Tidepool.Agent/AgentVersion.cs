namespace Tidepool.Agent;

/// <summary>The two versions of this agent.</summary>
internal static class AgentVersion
{
    /// <summary>
    /// What it says in the pool. Jobs demand <c>Agent.Version -gtVersion x</c>, which compares plain dotted numbers, and a
    /// service orders an agent to update itself when it has a newer one; 5 is the generation whose protocol this agent
    /// speaks, and 999 is above every release of it.
    /// </summary>
    public const string InPool = "5.999.0";

    /// <summary>The product's own.</summary>
    public static string Product { get; } = typeof(AgentVersion).Assembly.GetName().Version!.ToString(3);
}
