using Tidepool.Comparison.Access;
using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;
using Tidepool.Pipelines.Lint;
using Tidepool.Rehearsal;

namespace Tidepool.Comparison;

/// <summary>What a pipeline's YAML alone says of the shared volume.</summary>
/// <param name="Pinned">Jobs with a demand on their task.</param>
/// <param name="Traps">What lint finds about shared paths, with places.</param>
/// <param name="Before">For each job, the jobs that have ended when it starts.</param>
/// <param name="Deployments">Jobs that are deployments, whose demands may be ignored.</param>
internal sealed record PipelineReading(
    IReadOnlyList<string> Pinned, IReadOnlyList<string> Traps, IReadOnlyDictionary<JobKey, IReadOnlySet<JobKey>> Before, IReadOnlySet<JobKey> Deployments)
{
    private static readonly LintRule[] OfStorage = [LintRule.NotPinned, LintRule.PinnedDeployment, LintRule.SharedWorkFolder, LintRule.NotAtomic];

    public static PipelineReading None { get; } = new([], [], new Dictionary<JobKey, IReadOnlySet<JobKey>>(), new HashSet<JobKey>());

    /// <summary>Reads it as far as it can be read.</summary>
    /// <exception cref="PipelineNotValidException">There is no such file, or it is no YAML.</exception>
    /// <exception cref="ProblemException">The file cannot be read.</exception>
    public static PipelineReading Of(RehearsedPipeline rehearsed)
    {
        // Whatever tasks are at hand: what the file says of paths does not depend on them.
        var source = rehearsed.Source(tasksFolder: null) with { Tasks = null };
        var report = PipelineLint.Inspect(source, new());
        var files = new LintedFiles(source.Files);
        var (pipeline, errors) = PipelineReader.TryRead(source with { Files = files });
        string[] traps = [.. report.Findings.Where(finding => OfStorage.Contains(finding.Rule)).Select(finding => $"{finding.Position}: {finding.Rule.Id}: {finding.What} {finding.Mend}".TrimEnd())];
        if (errors.Count > 0 && pipeline.Stages.Count == 0)
        {
            return None with { Traps = traps };
        }

        var graph = new LintedGraph(pipeline, source, files);
        return new(
            [.. graph.Jobs.SelectMany(PinsOf).Distinct()],
            traps,
            graph.Jobs.DistinctBy(KeyOf).ToDictionary(KeyOf, job => (IReadOnlySet<JobKey>)graph.AllBefore(job).Select(KeyOf).ToHashSet()),
            graph.Jobs.Where(job => job.Job.Deployment is not null).Select(KeyOf).ToHashSet());
    }

    /// <summary>Whether one of two jobs always ends before the other one starts. Legs of one job do not.</summary>
    public bool AreOrdered(JobKey one, JobKey other) => IsBefore(one, other) || IsBefore(other, one);

    /// <summary>The job that a leg is of; a job itself where it is none.</summary>
    public JobKey JobOf(JobKey leg) => Before.ContainsKey(leg) || leg.Job.LastIndexOf('.') is not (> 0 and var dot) ? leg : leg with { Job = leg.Job[..dot] };

    private bool IsBefore(JobKey one, JobKey other) => Before.TryGetValue(JobOf(other), out var before) && before.Contains(JobOf(one));

    private static JobKey KeyOf(LintedJob job) => new(job.Stage.Name, job.Job.Name);

    private static IEnumerable<string> PinsOf(LintedJob job) => job.Steps
        .SelectMany(step => step.Pool?.Demands ?? [])
        .Where(demand => demand.StartsWith(RehearsalEnvironment.TaskCapability, StringComparison.OrdinalIgnoreCase)
            && demand.Length > RehearsalEnvironment.TaskCapability.Length)
        .Select(demand => $"{KeyOf(job)} is pinned by {demand}");
}
