using Tidepool.Agent.Tasks;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Jobs;

/// <summary>The part of a job in which a step's task runs; a task may have a program for each.</summary>
internal enum TaskPhase
{
    PreJob,
    Main,
    PostJob,
}

/// <summary>One thing that the job runs: a step, or what its task does before the first step or after the last.</summary>
internal sealed record StepRun
{
    public required JobStep Step { get; init; }
    public required TaskPhase Phase { get; init; }
    public required Guid RecordId { get; init; }

    /// <summary>What was fetched for its task; null for one that the agent runs by itself.</summary>
    public TaskPackage? Package { get; init; }

    public string DisplayName => Phase switch
    {
        TaskPhase.PreJob => $"Pre-job: {Step.DisplayName ?? Step.Name}",
        TaskPhase.PostJob => $"Post-job: {Step.DisplayName ?? Step.Name}",
        _ => Step.DisplayName ?? Step.Name,
    };

    public string RefName => Phase switch
    {
        TaskPhase.PreJob => $"{Step.Name}_PreJob",
        TaskPhase.PostJob => $"{Step.Name}_PostJob",
        _ => Step.Name,
    };

    public string Condition => Phase switch
    {
        TaskPhase.PreJob => "succeeded()",
        TaskPhase.PostJob => "always()",
        _ => string.IsNullOrWhiteSpace(Step.Condition) ? "succeeded()" : Step.Condition,
    };

    /// <summary>What tasks do before the job, the steps, and what tasks do after it in reverse order.</summary>
    public static IEnumerable<StepRun> Plan(IReadOnlyList<JobStep> steps, IReadOnlyDictionary<Guid, TaskPackage> tasks)
    {
        var packages = steps.Select(step => (Step: step, Package: tasks.GetValueOrDefault(step.Id))).ToList();
        return packages.Where(one => one.Package?.Definition.Of(TaskPhase.PreJob) is not null).Select(one => Run(one, TaskPhase.PreJob))
            .Concat(packages.Select(one => Run(one, TaskPhase.Main)))
            .Concat(Enumerable.Reverse(packages)
                .Where(one => one.Package?.Definition.Of(TaskPhase.PostJob) is not null).Select(one => Run(one, TaskPhase.PostJob)));

        static StepRun Run((JobStep Step, TaskPackage? Package) one, TaskPhase phase) => new()
        {
            Step = one.Step,
            Package = one.Package,
            Phase = phase,
            RecordId = phase == TaskPhase.Main ? one.Step.Id : Guid.NewGuid(),
        };
    }
}
