using Tidepool.Pipelines.Graph;

namespace Tidepool.Pipelines.Lint;

/// <summary>A job in its stage, with all the steps that it may run.</summary>
internal sealed record LintedJob(PipelineStage Stage, PipelineJob Job)
{
    /// <summary>Its steps, or those of its hooks, with the pool that they run in.</summary>
    public IReadOnlyList<(PipelineStep Step, PipelinePool? Pool)> Steps { get; } =
    [
        .. Job.Steps.Select(s => (s, Job.Pool)),
        .. Job.Deployment?.Hooks.SelectMany(h => h.Steps.Select(s => (s, h.Pool ?? Job.Pool))) ?? [],
    ];

    public bool HasLegs => Job.Strategy is { } strategy && (strategy.Matrix ?? (object?)strategy.MatrixExpression ?? strategy.Parallel) is not null;
}

/// <summary>A pipeline as lint sees it: what comes before what, and which variables are where.</summary>
internal sealed class LintedGraph
{
    public LintedGraph(Pipeline pipeline, PipelineSource source, LintedFiles files)
    {
        (Pipeline, Source, Files) = (pipeline, source, files);
        Jobs = [.. pipeline.Stages.SelectMany(s => s.Jobs.Select(j => new LintedJob(s, j)))];
    }

    public Pipeline Pipeline { get; }
    public PipelineSource Source { get; }
    public LintedFiles Files { get; }
    public IReadOnlyList<LintedJob> Jobs { get; }

    /// <summary>Names of the stages before one, near or far; they ignore case.</summary>
    public HashSet<string> StagesBefore(PipelineStage stage) =>
        Before(stage.DependsOn, name => Find(Pipeline.Stages, s => s.Name, name)?.DependsOn);

    /// <summary>Names of the jobs of its stage before one, near or far; they ignore case.</summary>
    public HashSet<string> JobsBefore(LintedJob job) =>
        Before(job.Job.DependsOn, name => Find(job.Stage.Jobs, j => j.Name, name)?.DependsOn);

    /// <summary>Every job that ends before a job starts.</summary>
    public IEnumerable<LintedJob> AllBefore(LintedJob job)
    {
        var stages = StagesBefore(job.Stage);
        var jobs = JobsBefore(job);
        return Jobs.Where(j => stages.Contains(j.Stage.Name) || (j.Stage == job.Stage && jobs.Contains(j.Job.Name)));
    }

    public LintedJob? JobOf(string stage, string job) => Jobs.FirstOrDefault(j => Same(j.Stage.Name, stage) && Same(j.Job.Name, job));

    /// <summary>Variables of a job in the order of their levels.</summary>
    public IEnumerable<PipelineVariable> VariablesOf(LintedJob job) =>
        Pipeline.Variables.Concat(job.Stage.Variables).Concat(job.Job.Variables);

    /// <summary>A text with the variables put in whose value the file writes.</summary>
    public string Expand(LintedJob job, string text)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var variable in VariablesOf(job).Where(v => !v.IsSecret && RuntimeText.ExpressionOf(v.Value) is null))
        {
            values[variable.Name] = variable.Value;
        }
        return Macros.Expand(text, name => values.GetValueOrDefault(name));
    }

    public static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static T? Find<T>(IEnumerable<T> all, Func<T, string> nameOf, string name) => all.FirstOrDefault(one => Same(nameOf(one), name));

    private static HashSet<string> Before(IReadOnlyList<string> direct, Func<string, IReadOnlyList<string>?> next)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var open = new Stack<string>(direct);
        while (open.TryPop(out var name))
        {
            if (seen.Add(name))
            {
                foreach (var one in next(name) ?? [])
                {
                    open.Push(one);
                }
            }
        }
        return seen;
    }
}
