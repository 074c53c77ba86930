using System.Text.RegularExpressions;

namespace Tidepool.Pipelines;

/// <summary>What stages, jobs and steps may be called; names are compared ignoring case.</summary>
internal static partial class Names
{
    private const int MaxLength = 100;

    public static bool IsValid(string name) => name.Length <= MaxLength && Pattern().IsMatch(name);

    /// <summary>A name that is not taken yet: <c>Job1</c>, <c>Job2</c> and so on; it is taken from then on.</summary>
    public static string Next(string prefix, HashSet<string> taken)
    {
        var number = 1;
        while (!taken.Add($"{prefix}{number}"))
        {
            number++;
        }
        return $"{prefix}{number}";
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
