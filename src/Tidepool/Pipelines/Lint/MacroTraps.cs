using System.Text.RegularExpressions;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Schema;

namespace Tidepool.Pipelines.Lint;

/// <summary><c>$(x)</c> that nothing defines: it stays text, and a shell takes it for a command.</summary>
/// <remarks>
/// Source: https://learn.microsoft.com/azure/devops/pipelines/process/variables#understand-variable-syntax. What may be defined out of
/// sight keeps a job quiet: an unknown group, a matrix made at run time, a task that may set variables.
/// </remarks>
internal sealed partial class MacroTraps(LintedGraph graph)
{
    /// <summary>Variables of the process that every agent here has.</summary>
    private static readonly string[] Environment =
        ["PATH", "HOME", "USER", "PWD", "SHELL", "LANG", "HOSTNAME", "TMPDIR", "TEMP", "TMP", "DOTNET_ROOT", "JAVA_HOME"];

    private static readonly string[] EnvironmentPrefixes = ["FARGATE_", "AZP_", "ECS_", "AWS_", "VSTS_", "VSO_"];

    private readonly List<LintFinding> _findings = [];

    public IEnumerable<LintFinding> Inspect()
    {
        foreach (var job in graph.Jobs)
        {
            CheckJob(job);
        }
        return _findings;
    }

    private void CheckJob(LintedJob job)
    {
        var known = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        known.UnionWith(graph.VariablesOf(job).Select(v => v.Name));
        known.UnionWith(graph.Source.Variables.Keys);
        known.UnionWith(job.Job.Strategy?.Matrix?.SelectMany(leg => leg.Variables.Keys) ?? []);
        var isOpen = known.Contains("") || job.Job.Strategy?.MatrixExpression is not null;

        foreach (var variable in job.Job.Variables.Where(v => v.Group is null))
        {
            Check(variable.Value, variable.Position, known, isOpen, isScript: false);
        }
        Check(job.Job.DisplayName, job.Job.Position, known, isOpen, isScript: false);
        foreach (var text in (job.Job.Pool?.Demands ?? []).Append(job.Job.Pool?.Name).Append(job.Job.Pool?.VmImage).OfType<string>())
        {
            Check(text, job.Job.Pool!.Position, known, isOpen, isScript: false);
        }
        foreach (var (step, _) in job.Steps)
        {
            Check(step.DisplayName, step.Position, known, isOpen, isScript: false);
            foreach (var value in step.Environment.Values)
            {
                Check(value, step.Position, known, isOpen, isScript: false);
            }
            foreach (var (name, value) in step.Inputs)
            {
                Check(value, step.Position, known, isOpen, isScript: name is "script" or "inlineScript" or "arguments");
            }
            isOpen |= Learn(step, known);
        }
    }

    /// <summary>Adds what a step sets; true when it may set more than can be seen.</summary>
    private bool Learn(PipelineStep step, HashSet<string> known)
    {
        if (KnownTasks.Find(step.TaskName, step.TaskVersion.Split('.')[0]) is null)
        {
            return true;
        }
        var isOpen = false;
        var script = ScriptText.Of(step) ?? step.Inputs.GetValueOrDefault("filePath") ?? "";
        foreach (var text in ScriptText.Files(script).Select(PathOf).Distinct().Select(graph.Files.Peek).OfType<string>().Prepend(script))
        {
            foreach (var (name, isOutput) in ScriptText.Set(text))
            {
                isOpen |= name.Contains('$', StringComparison.Ordinal);
                known.Add(isOutput ? $"{step.Name}.{name}" : name);
            }
        }
        return isOpen;
    }

    private static string PathOf(string file)
    {
        var relative = file.StartsWith("./", StringComparison.Ordinal) ? file[2..] : file;
        return relative.StartsWith('/') ? relative : $"/{relative}";
    }

    private void Check(string text, SourcePosition position, HashSet<string> known, bool isOpen, bool isScript)
    {
        foreach (var name in Macro().Matches(text).Select(m => m.Groups["name"].Value).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (known.Contains(name)
                || PredefinedVariables.Has(name)
                || IsOfEnvironment(name)
                || (isOpen && !PredefinedVariables.LooksPredefined(name))
                || (isScript && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))))
            {
                continue;
            }
            var near = Nearest(name, known);
            _findings.Add(new LintFinding(
                LintRule.NothingDefines,
                graph.Files.Locate(position, $"$({name})"),
                $"Nothing defines $({name}), so that it stays as it is written.",
                near is null ? "Define the variable, or set it in a step before this one." : $"Did you mean $({near})?"));
        }
    }

    private static bool IsOfEnvironment(string name) =>
        Environment.Contains(name, StringComparer.OrdinalIgnoreCase)
        || EnvironmentPrefixes.Any(p => name.StartsWith(p, StringComparison.OrdinalIgnoreCase));

    private static string? Nearest(string name, IEnumerable<string> known) => known.Concat(PredefinedVariables.All)
        .Where(k => k.Length > 0 && Math.Abs(k.Length - name.Length) <= 2)
        .Select(k => (Name: k, Distance: Distance(k.ToUpperInvariant(), name.ToUpperInvariant())))
        .Where(k => k.Distance <= Math.Max(1, name.Length / 6))
        .OrderBy(k => k.Distance).ThenBy(k => k.Name, StringComparer.OrdinalIgnoreCase)
        .Select(k => k.Name)
        .FirstOrDefault();

    /// <summary>How many letters must change, come or go.</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[^1];
    }

    [GeneratedRegex(@"\$\((?<name>[A-Za-z_][A-Za-z0-9_.]*)\)", RegexOptions.CultureInvariant)]
    private static partial Regex Macro();
}
