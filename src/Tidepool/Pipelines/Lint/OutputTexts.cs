using System.Text.RegularExpressions;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Lint;

/// <summary>What outputs of jobs hold, as far as the script that sets one writes it.</summary>
/// <remarks>A script is read roughly: the first text that it gives the output, and its own variables where one line sets them.</remarks>
internal sealed partial class OutputTexts(LintedGraph graph)
{
    /// <summary>Variables of a job whose whole value is an output of a job before it, and what that output holds.</summary>
    public IReadOnlyDictionary<string, string> Of(LintedJob job)
    {
        var texts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var variable in graph.VariablesOf(job).Where(variable => variable.Group is null))
        {
            if (RuntimeText.ExpressionOf(variable.Value) is { } expression && TextOf(job, expression) is { } text)
            {
                texts[variable.Name] = text;
            }
        }
        return texts;
    }

    private string? TextOf(LintedJob job, string expression)
    {
        if (ExpressionTree.Parse(expression) is not { } tree || ExpressionTree.Path(tree) is not { Root: var root, Keys: var keys })
        {
            return null;
        }
        var (producer, key) = (root.ToUpperInvariant(), keys) switch
        {
            ("DEPENDENCIES", [var name, var outputs, var output]) when LintedGraph.Same(outputs, "outputs") => (graph.JobOf(job.Stage.Name, name), output),
            ("STAGEDEPENDENCIES", [var stage, var name, var outputs, var output]) when LintedGraph.Same(outputs, "outputs") => (graph.JobOf(stage, name), output),
            _ => (null, ""),
        };
        var parts = key.Split('.');
        return producer?.Steps.Select(step => step.Step)
            .Where(step => parts.Length > 1 && LintedGraph.Same(step.Name, parts[^2]))
            .Select(step => ScriptText.Of(step) is { } script ? Given(graph.Expand(producer, script), parts[^1]) : null)
            .FirstOrDefault(text => text is not null);
    }

    /// <summary>What a script gives a variable that it sets; null where it sets none, or not as an output.</summary>
    private static string? Given(string script, string variable)
    {
        var command = SetOutput().Matches(script).FirstOrDefault(match => LintedGraph.Same(match.Groups["name"].Value.Trim(), variable)
            && match.Value.Contains("isoutput=true", StringComparison.OrdinalIgnoreCase));
        if (command is null)
        {
            return null;
        }
        var own = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Assignment().Matches(script).AsEnumerable())
        {
            own[line.Groups["name"].Value] = line.Groups["value"].Value.Trim('"', '\'');
        }
        return ShellVariable().Replace(command.Groups["value"].Value, match => own.GetValueOrDefault(match.Groups["name"].Value, match.Value));
    }

    [GeneratedRegex(
        @"##vso\[task\.setvariable\s(?=[^\]\n]*?variable=(?<name>[^;\]\n]+))[^\]\n]*\](?<value>[^""'\n]*)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SetOutput();

    [GeneratedRegex(@"(?:^|[;&])[ \t]*(?:export[ \t]+)?(?<name>[A-Za-z_][A-Za-z0-9_]*)=(?<value>""[^""\n]*""|'[^'\n]*'|[^\s;&|]*)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"\$(?:\{(?<name>[A-Za-z_][A-Za-z0-9_]*)\}|(?<name>[A-Za-z_][A-Za-z0-9_]*))", RegexOptions.CultureInvariant)]
    private static partial Regex ShellVariable();
}
