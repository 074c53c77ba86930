using System.Text.RegularExpressions;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Lint;

/// <summary><c>$[ ]</c> that stays text: where it does not fill the whole value, and where the service evaluates none.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/variables#runtime-expression-syntax</remarks>
internal sealed partial class RuntimeExpressionTraps(LintedGraph graph)
{
    private readonly List<LintFinding> _findings = [];

    public IEnumerable<LintFinding> Inspect()
    {
        foreach (var variable in graph.Pipeline.Variables.Concat(graph.Pipeline.Stages.SelectMany(s => s.Variables)))
        {
            CheckPart(variable);
        }
        foreach (var job in graph.Jobs)
        {
            foreach (var variable in job.Job.Variables)
            {
                CheckPart(variable);
            }
            CheckAny(job.Job.DisplayName, job.Job.Position, "displayName of a job");
            foreach (var (step, _) in job.Steps)
            {
                CheckStep(step);
            }
        }
        return _findings;
    }

    private void CheckStep(PipelineStep step)
    {
        CheckAny(step.DisplayName, step.Position, "displayName of a step");
        foreach (var (name, value) in step.Environment)
        {
            CheckAny(value, step.Position, $"env value {name}");
        }
        // In a script $[ ] may be the shell's own.
        foreach (var (name, value) in step.Inputs.Where(i => i.Key is not ("script" or "inlineScript")))
        {
            CheckAny(value, step.Position, $"input {name}");
        }
    }

    private void CheckPart(PipelineVariable variable)
    {
        if (variable.Group is null && RuntimeText.ExpressionOf(variable.Value) is null && Open().Match(variable.Value) is { Success: true } match)
        {
            Add(
                match.Value,
                variable.Position,
                $"The $[ ] of variable {variable.Name} does not fill the whole value, so that it stays text.",
                "Put the whole value into it, as in $[ format('{0}-x', variables.y) ].");
        }
    }

    private void CheckAny(string text, SourcePosition position, string what)
    {
        if (Open().Match(text) is { Success: true } match)
        {
            Add(
                match.Value,
                position,
                $"$[ ] in the {what} is not evaluated and stays text.",
                "Set a variable of the job to it, and write the variable here, as in $(name).");
        }
    }

    private void Add(string snippet, SourcePosition position, string what, string mend) =>
        _findings.Add(new LintFinding(LintRule.NotWhole, graph.Files.Locate(position, snippet), what, mend));

    [GeneratedRegex(@"\$\[\s*[A-Za-z]+\s*[.(\[]", RegexOptions.CultureInvariant)]
    private static partial Regex Open();
}
