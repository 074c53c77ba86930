namespace Tidepool.Comparison.Page;

/// <summary>Names of places in the page.</summary>
internal static class Anchors
{
    /// <summary>The proof of a scenario's cell.</summary>
    public static string Proof(string scenario, string storage) => $"proof-{Name(scenario)}-{Name(storage)}";

    /// <summary>A scenario's cell in the table.</summary>
    public static string Cell(string scenario, string storage) => $"cell-{Name(scenario)}-{Name(storage)}";

    /// <summary>The proof of a figure of speed.</summary>
    public static string Speed(string row, string storage) => $"speed-{Name(row)}-{Name(storage)}";

    // An anchor may hold no space, and a link to it would have to escape what is not of ASCII.
    private static string Name(string id) => string.Concat(id.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
}
