using System.Text.RegularExpressions;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Lint;

/// <summary>What the script of a step says to the agent.</summary>
internal static partial class ScriptText
{
    // A longer one is data.
    private const int LongestLine = 4096;

    private static readonly string[] Inputs = ["script", "inlineScript"];

    /// <summary>The script that the file writes; null for a step that has none there.</summary>
    public static string? Of(PipelineStep step) => Inputs.Select(i => step.Inputs.GetValueOrDefault(i)).FirstOrDefault(s => !string.IsNullOrEmpty(s));

    /// <summary>Names of variables that a text sets for the steps after it; a name that is made up at run time is <c>$…</c>.</summary>
    public static IEnumerable<(string Name, bool IsOutput)> Set(string text) => SetVariable().Matches(text).Select(m =>
        (m.Groups["name"].Value.Trim(), m.Value.Contains("isoutput=true", StringComparison.OrdinalIgnoreCase)));

    /// <summary>Whether a script sets a variable as an output; null when it does not set it at all, as when another program does.</summary>
    public static bool? Sets(string script, string variable)
    {
        var set = Set(script).Where(s => LintedGraph.Same(s.Name, variable)).ToList();
        return set.Count == 0 ? null : set.Any(s => s.IsOutput);
    }

    /// <summary>Paths of script files that a text names.</summary>
    public static IEnumerable<string> Files(string text) => text.Split('\n')
        .Where(line => line.Length <= LongestLine)
        .SelectMany(line => ScriptFile().Matches(line).Select(m => m.Value));

    [GeneratedRegex(@"##vso\[task\.setvariable\s[^\]]*?variable=(?<name>[^;\]]+)[^\]]*\]?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SetVariable();

    [GeneratedRegex(@"(?<![\w$}])\.{0,2}/?(?:[\w.-]+/)*[\w.-]+\.(?:sh|bash|ps1|psm1|py|js|mjs|ts|cmd|bat|rb|pl)\b", RegexOptions.CultureInvariant)]
    private static partial Regex ScriptFile();
}
