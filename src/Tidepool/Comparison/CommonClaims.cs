namespace Tidepool.Comparison;

/// <summary>What is commonly said of the three storages, and what was found.</summary>
public static class CommonClaims
{
    /// <summary>The table over what was seen.</summary>
    public static IReadOnlyList<ClaimReport> Of(IReadOnlyList<ScenarioRow> rows) => [];
}
