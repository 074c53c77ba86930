using System.Globalization;
using System.Text.RegularExpressions;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>Makes a run's number from its format.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/run-number</remarks>
internal static partial class RunNumber
{
    private const int LongestNumber = 255;
    private const string Forbidden = "\"/:<>\\|?@*";

    /// <param name="format">The pipeline's <c>name</c>.</param>
    /// <param name="revision">The next revision of a number that is otherwise the same.</param>
    /// <exception cref="ProblemException">The number has a character that the service refuses.</exception>
    public static string Of(string format, DateTimeOffset now, IReadOnlyDictionary<string, string> variables, Func<string, int> revision)
    {
        var rest = Macro().Replace(format, match => Value(match.Groups[1].Value, now, variables) ?? match.Value);
        var number = rest;
        if (Revision().IsMatch(rest))
        {
            var next = revision(Revision().Replace(rest, "")).ToString(CultureInfo.InvariantCulture);
            number = Revision().Replace(rest, match => match.Groups[1].Value + next.PadLeft(match.Groups[2].Length, '0'));
        }

        return Checked(number);
    }

    /// <exception cref="ProblemException">SERVICE002: the service refuses the number.</exception>
    public static string Checked(string number) => number.Length is 0 or > LongestNumber || number.IndexOfAny(Forbidden.ToCharArray()) >= 0 || number.EndsWith('.')
            ? throw new ProblemException(
                "SERVICE002",
                $"The run's number would be '{number}', which the service refuses.",
                $"Give the pipeline a name: of at most {LongestNumber} characters, none of {Forbidden} and no '.' at its end.")
            : number;

    private static string? Value(string token, DateTimeOffset now, IReadOnlyDictionary<string, string> variables)
    {
        if (token.StartsWith("Date:", StringComparison.OrdinalIgnoreCase))
        {
            return Format(token["Date:".Length..]);
        }

        return token.ToLowerInvariant() switch
        {
            "dayofmonth" => Format("%d"),
            "dayofyear" => now.DayOfYear.ToString(CultureInfo.InvariantCulture),
            "hours" => Format("%H"),
            "minutes" => Format("%m"),
            "seconds" => Format("%s"),
            "month" => Format("%M"),
            "year:yy" => Format("yy"),
            "year:yyyy" => Format("yyyy"),
            "sourcebranchname" => variables.GetValueOrDefault("build.sourceBranchName"),
            "teamproject" => variables.GetValueOrDefault("system.teamProject"),
            "buildid" => variables.GetValueOrDefault("build.buildId"),
            "builddefinitionname" => variables.GetValueOrDefault("build.definitionName"),
            _ => variables.GetValueOrDefault(token),
        };

        // A format that is none leaves the macro as it is; its colon makes the number a refused one.
        string? Format(string format)
        {
            try
            {
                return now.ToString(format, CultureInfo.InvariantCulture);
            }
            catch (FormatException)
            {
                return null;
            }
        }
    }

    [GeneratedRegex(@"\$\((?!rev:)([^()]+)\)", RegexOptions.IgnoreCase)]
    private static partial Regex Macro();

    [GeneratedRegex(@"\$\(rev:(\.?)(r+)\)", RegexOptions.IgnoreCase)]
    private static partial Regex Revision();
}
