namespace Tidepool.Pipelines.Graph;

/// <summary>Which part of a pipeline is to run.</summary>
public sealed record PipelineSelection
{
    /// <summary>Stages by name; case is ignored.</summary>
    public IReadOnlyList<string> Stages { get; init; } = [];

    /// <summary>Jobs by name, as <c>stage.job</c> or, where one stage alone has it, <c>job</c>; case is ignored.</summary>
    public IReadOnlyList<string> Jobs { get; init; } = [];

    /// <summary>Whether what these depend on runs too.</summary>
    public bool WithNeeded { get; init; }

    public bool IsEverything => Stages.Count == 0 && Jobs.Count == 0;

    /// <summary>The pipeline with no more than what is selected. What is left out is depended on no more, and has no outputs.</summary>
    /// <exception cref="ProblemException">PIPELINE006: a name is none of the pipeline's, or of several jobs.</exception>
    public Pipeline Of(Pipeline pipeline)
    {
        if (IsEverything)
        {
            return pipeline;
        }

        var jobs = Jobs.Select(name => Find(pipeline, name)).ToList();
        var whole = Stages.Select(name => Find(pipeline, pipeline.Stages, name)).ToHashSet();
        var touched = whole.Concat(jobs.Select(found => found.Stage)).ToHashSet();
        if (WithNeeded)
        {
            // What a job needs of other stages, its stage waits for.
            var needed = Needed(pipeline.Stages, touched, stage => stage.Name, stage => stage.DependsOn).Except(touched).ToList();
            whole.UnionWith(needed);
            touched.UnionWith(needed);
        }

        return pipeline with
        {
            Stages =
            [
                .. pipeline.Stages.Where(touched.Contains).Select(stage => stage with
                {
                    DependsOn = [.. stage.DependsOn.Where(name => touched.Any(other => Same(other.Name, name)))],
                    Jobs = whole.Contains(stage) ? stage.Jobs : Of(stage, [.. jobs.Where(found => found.Stage == stage).Select(found => found.Job)]),
                }),
            ],
        };
    }

    private IReadOnlyList<PipelineJob> Of(PipelineStage stage, HashSet<PipelineJob> jobs)
    {
        var kept = WithNeeded ? Needed(stage.Jobs, jobs, job => job.Name, job => job.DependsOn) : jobs;
        return
        [
            .. stage.Jobs.Where(kept.Contains).Select(job => job with
            {
                DependsOn = [.. job.DependsOn.Where(name => kept.Any(other => Same(other.Name, name)))],
            }),
        ];
    }

    private static HashSet<T> Needed<T>(IReadOnlyList<T> all, IEnumerable<T> some, Func<T, string> nameOf, Func<T, IReadOnlyList<string>> dependsOn)
    {
        var needed = new HashSet<T>();
        var open = new Queue<T>(some);
        while (open.TryDequeue(out var node))
        {
            if (needed.Add(node))
            {
                foreach (var next in all.Where(other => dependsOn(node).Any(name => Same(nameOf(other), name))))
                {
                    open.Enqueue(next);
                }
            }
        }

        return needed;
    }

    private static PipelineStage Find(Pipeline pipeline, IReadOnlyList<PipelineStage> stages, string name) =>
        stages.FirstOrDefault(stage => Same(stage.Name, name)) ?? throw new ProblemException(
            "PIPELINE006", $"The pipeline has no stage {name}.", $"Name one of {string.Join(", ", pipeline.Stages.Select(stage => stage.Name))}.");

    private static (PipelineStage Stage, PipelineJob Job) Find(Pipeline pipeline, string name)
    {
        var all = pipeline.Stages.SelectMany(stage => stage.Jobs.Select(job => (Stage: stage, Job: job))).ToList();
        var found = all.Where(one => Same(one.Job.Name, name) || Same($"{one.Stage.Name}.{one.Job.Name}", name)).ToList();
        return found switch
        {
            [var only] => only,
            [] => throw new ProblemException(
                "PIPELINE006", $"The pipeline has no job {name}.", $"Name one of {string.Join(", ", all.Select(one => $"{one.Stage.Name}.{one.Job.Name}"))}."),
            _ => throw new ProblemException(
                "PIPELINE006",
                $"The pipeline has {found.Count} jobs {name}.",
                $"Name the stage too: {string.Join(" or ", found.Select(one => $"{one.Stage.Name}.{one.Job.Name}"))}."),
        };
    }

    private static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
}
