using System.Text.RegularExpressions;
using Tidepool.Expressions.Syntax;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Lint;

/// <summary>
/// What an expression reads of stages and jobs that do not come before, which is nothing; and outputs under a key that no step sets.
/// </summary>
/// <remarks>Source: https://learn.microsoft.com/azure/devops/pipelines/process/expressions#dependencies</remarks>
internal sealed partial class DependencyTraps(LintedGraph graph)
{
    private readonly List<LintFinding> _findings = [];

    public IEnumerable<LintFinding> Inspect()
    {
        foreach (var stage in graph.Pipeline.Stages)
        {
            CheckStageCondition(stage);
            foreach (var (text, position) in Runtime(stage.Variables))
            {
                CheckPaths(text, position, (path, keys) => CheckStageDependency(stage, $"Stage {stage.Name}", path, keys, text, position));
            }
        }
        foreach (var job in graph.Jobs)
        {
            foreach (var (text, position) in TextsOf(job))
            {
                CheckPaths(text, position, (root, keys) => CheckJob(job, root, keys, text, position));
                CheckStatus(job.Job.Condition == text ? text : null, $"Job {job.Job.Name}", "job", graph.JobsBefore(job), position);
            }
        }
        return _findings;
    }

    private void CheckStageCondition(PipelineStage stage)
    {
        if (stage.Condition is not { } condition)
        {
            return;
        }
        var before = graph.StagesBefore(stage);
        CheckStatus(condition, $"Stage {stage.Name}", "stage", before, stage.Position);
        CheckPaths(condition, stage.Position, (root, keys) =>
        {
            if (!LintedGraph.Same(root, "dependencies") || keys is not [var name, ..])
            {
                return;
            }
            if (!before.Contains(name))
            {
                AddNotBefore($"Stage {stage.Name}", "stage", name, graph.Pipeline.Stages.Any(s => LintedGraph.Same(s.Name, name)), condition, stage.Position);
            }
            else if (keys is [_, var outputs, var key] && LintedGraph.Same(outputs, "outputs"))
            {
                CheckStageOutput(name, key, condition, stage.Position);
            }
        });
    }

    private void CheckStageOutput(string stage, string key, string text, SourcePosition position)
    {
        var dot = key.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || graph.JobOf(stage, key[..dot]) is not { } job)
        {
            AddOutput(
                text, key, position, $"The key '{key}' names no job of stage {stage}.", "In a stage's condition a key is 'job.step.variable'.");
            return;
        }
        CheckOutput(job, key[(dot + 1)..], key, text, position);
    }

    private void CheckJob(LintedJob job, string root, IReadOnlyList<string> keys, string text, SourcePosition position)
    {
        if (LintedGraph.Same(root, "stageDependencies"))
        {
            CheckStageDependency(job.Stage, $"Job {job.Job.Name}", root, keys, text, position);
        }
        else if (LintedGraph.Same(root, "dependencies") && keys is [var name, ..])
        {
            if (!graph.JobsBefore(job).Contains(name))
            {
                AddNotBefore($"Job {job.Job.Name}", "job", name, graph.JobOf(job.Stage.Name, name) is not null, text, position);
            }
            else if (keys is [_, var outputs, var key] && LintedGraph.Same(outputs, "outputs"))
            {
                CheckOutput(graph.JobOf(job.Stage.Name, name)!, key, key, text, position);
            }
        }
    }

    private void CheckStageDependency(
        PipelineStage stage, string reader, string root, IReadOnlyList<string> keys, string text, SourcePosition position)
    {
        if (!LintedGraph.Same(root, "stageDependencies") || keys is not [var name, ..])
        {
            return;
        }
        if (!graph.StagesBefore(stage).Contains(name))
        {
            AddNotBefore(
                reader == $"Stage {stage.Name}" ? reader : $"Stage {stage.Name} of job {reader[4..]}",
                "stage",
                name,
                graph.Pipeline.Stages.Any(s => LintedGraph.Same(s.Name, name)),
                text,
                position);
        }
        else if (keys is [_, var jobName, ..])
        {
            if (graph.JobOf(name, jobName) is not { } job)
            {
                Add(LintRule.NoDependency, text, jobName, position, $"Stage {name} has no job {jobName}.", "Name one of its jobs.");
            }
            else if (keys is [_, _, var outputs, var key] && LintedGraph.Same(outputs, "outputs"))
            {
                CheckOutput(job, key, key, text, position);
            }
        }
    }

    /// <param name="key">The key without a job's name in front.</param>
    private void CheckOutput(LintedJob producer, string key, string whole, string text, SourcePosition position)
    {
        var parts = key.Split('.');
        var isPrefixed = producer.HasLegs || producer.Job.Deployment is not null;
        var form = producer.HasLegs ? "leg.step.variable" : isPrefixed ? $"{producer.Job.Name}.step.variable" : "step.variable";
        if (parts.Length < (isPrefixed ? 3 : 2))
        {
            AddOutput(
                text, whole, position, $"The key '{whole}' of an output of job {producer.Job.Name} has no step's name in it.", $"Write '{form}'.");
            return;
        }
        var (stepName, variable) = isPrefixed ? (parts[1], string.Join('.', parts[2..])) : (parts[0], string.Join('.', parts[1..]));
        if (producer.Steps.Select(s => s.Step).FirstOrDefault(s => LintedGraph.Same(s.Name, stepName)) is not { } step)
        {
            var names = producer.Steps.Select(s => s.Step.Name).Where(n => n.Length > 0).Distinct().ToList();
            AddOutput(
                text,
                whole,
                position,
                $"Job {producer.Job.Name} has no step {stepName}.",
                names.Count == 0 ? "Name the step that sets the output." : $"Its steps are {string.Join(", ", names)}.");
        }
        else if (IsMadeUp(step))
        {
            AddOutput(
                text,
                whole,
                position,
                $"The step {stepName} of job {producer.Job.Name} has no name of its own; the service made {step.Name} up, and another step of "
                + "its kind changes it.",
                "Give the step a name and read the output under it.");
        }
        else if (ScriptText.Of(step) is { } script && ScriptText.Sets(script, variable) == false)
        {
            AddOutput(
                text,
                whole,
                position,
                $"The step {stepName} sets {variable} without isOutput=true, so that no other job sees it.",
                $"Write ##vso[task.setvariable variable={variable};isOutput=true].");
        }
    }

    /// <summary>A name that a step with none gets.</summary>
    private static bool IsMadeUp(PipelineStep step)
    {
        var task = Names.Sanitize(step.TaskName);
        return step.Name.StartsWith(task, StringComparison.Ordinal) && step.Name[task.Length..].All(char.IsAsciiDigit);
    }

    /// <summary>succeeded('x') of a node that is not before this one is never true.</summary>
    private void CheckStatus(string? condition, string reader, string noun, HashSet<string> before, SourcePosition position)
    {
        if (ExpressionTree.Parse(condition) is not { } tree)
        {
            return;
        }
        var names = ExpressionTree.All(tree).OfType<CallNode>()
            .Where(c => c.Name.ToUpperInvariant() is "SUCCEEDED" or "FAILED" or "SUCCEEDEDORFAILED")
            .SelectMany(c => c.Arguments).OfType<LiteralNode>().Select(l => l.Value.ToText());
        foreach (var name in names.Where(n => !before.Contains(n)))
        {
            AddNotBefore(reader, noun, name, Exists(noun, name), condition!, position);
        }
    }

    private bool Exists(string noun, string name) => noun == "stage"
        ? graph.Pipeline.Stages.Any(s => LintedGraph.Same(s.Name, name))
        : graph.Jobs.Any(j => LintedGraph.Same(j.Job.Name, name));

    private void AddNotBefore(string reader, string noun, string name, bool exists, string text, SourcePosition position)
    {
        if (exists)
        {
            Add(
                LintRule.NoDependency,
                text,
                name,
                position,
                $"{reader} does not depend on {noun} {name}, so that there is nothing to read.",
                $"Add {name} to dependsOn.");
        }
        else
        {
            Add(LintRule.NoDependency, text, name, position, $"There is no {noun} {name}.", $"Name a {noun} that {reader} depends on.");
        }
    }

    private void AddOutput(string text, string key, SourcePosition position, string what, string mend) =>
        Add(LintRule.NoStepName, text, key, position, what, mend);

    private void Add(LintRule rule, string text, string snippet, SourcePosition position, string what, string mend)
    {
        var at = graph.Files.Locate(position, text.Trim().Split('\n')[0]);
        _findings.Add(new LintFinding(rule, graph.Files.Locate(at, snippet), what, mend));
    }

    private static void CheckPaths(string text, SourcePosition position, Action<string, IReadOnlyList<string>> check)
    {
        _ = position;
        if (ExpressionTree.Parse(RuntimeText.ExpressionOf(text) ?? text) is not { } tree)
        {
            return;
        }
        foreach (var path in ExpressionTree.All(tree).Select(ExpressionTree.Path))
        {
            if (path is { Root: var root, Keys: var keys })
            {
                check(root, keys);
            }
        }
    }

    /// <summary>Every expression that is evaluated when the job starts, with its place or its job's.</summary>
    private static IEnumerable<(string Text, SourcePosition Position)> TextsOf(LintedJob job)
    {
        var texts = new[]
        {
            job.Job.Condition, job.Job.ContinueOnError, job.Job.TimeoutInMinutes, job.Job.CancelTimeoutInMinutes,
            job.Job.Strategy?.MatrixExpression, job.Job.Strategy?.MaxParallel, job.Job.Strategy?.Parallel, job.Job.Pool?.Name,
        };
        return texts.OfType<string>().Where(t => t == job.Job.Condition || RuntimeText.ExpressionOf(t) is not null)
            .Select(t => (t, job.Job.Position))
            .Concat(Runtime(job.Job.Variables));
    }

    private static IEnumerable<(string Text, SourcePosition Position)> Runtime(IEnumerable<PipelineVariable> variables) =>
        variables.Where(v => v.Group is null && RuntimeText.ExpressionOf(v.Value) is not null).Select(v => (v.Value, v.Position));
}
