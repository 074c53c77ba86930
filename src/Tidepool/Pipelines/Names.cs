using System.Text.RegularExpressions;

namespace Tidepool.Pipelines;

/// <summary>What stages, jobs and steps may be called; names are compared ignoring case.</summary>
internal static partial class Names
{
    private const int MaxLength = 100;

    public static bool IsValid(string name) => name.Length <= MaxLength && Pattern().IsMatch(name);

    /// <summary>The name without the characters that none may have; what is left may be empty.</summary>
    public static string Sanitize(string name) => string.Concat(name.SkipWhile(c => !IsLetter(c)).Where(c => IsLetter(c) || char.IsAsciiDigit(c)));

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

    private static bool IsLetter(char c) => char.IsAsciiLetter(c) || c == '_';

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
