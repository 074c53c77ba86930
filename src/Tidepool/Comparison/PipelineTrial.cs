using Tidepool.AzurePipelines;
using Tidepool.Comparison.Access;
using Tidepool.Fargate;
using Tidepool.Pipelines.Graph;
using Tidepool.Rehearsal;

namespace Tidepool.Comparison;

/// <summary>How a run of the pipeline ended, and what it did with the shared volume.</summary>
/// <param name="Run">The run.</param>
/// <param name="Accesses">What was seen.</param>
/// <param name="Placement">Where its jobs went.</param>
internal sealed record TrialRun(RunSnapshot Run, SeenAccesses Accesses, TaskPlacement Placement)
{
    public bool Succeeded => Run.Result is NodeResult.Succeeded or NodeResult.SucceededWithIssues;

    /// <summary>Why it did not succeed, without the full stop at the end.</summary>
    public string WhyNot => (RunReports.WhyNot(Run) ?? $"the run ended {RunReports.Word(Run.Result)}").TrimEnd('.');
}

/// <summary>Two tasks with agents and one kind of storage, where a pipeline runs over and over.</summary>
internal sealed class PipelineTrial : IAsyncDisposable, IProgress<RehearsalEvent>
{
    private readonly RehearsedPipeline _pipeline;
    private readonly IProgress<RehearsalEvent> _progress;
    private RehearsalEnvironment? _environment;
    private AccessWatch? _watch;
    private IReadOnlyList<string> _tasks = [];
    private IReadOnlyDictionary<string, ServedRepository>? _served;

    private PipelineTrial(RehearsedPipeline pipeline, AccessMeans best, IProgress<RehearsalEvent> progress) => (_pipeline, Means, _progress) = (pipeline, best, progress);

    /// <summary>How accesses are watched.</summary>
    public AccessMeans Means { get; private set; }

    /// <summary>Why they are not watched in a better way.</summary>
    public string? Obstacle { get; private set; }

    /// <summary>Where containers have the volume.</summary>
    public string SharedPath => Environment.SharedPath;

    private RehearsalEnvironment Environment => _environment ?? throw new InvalidOperationException("The trial has not started.");

    /// <summary>Starts the tasks and waits for their agents.</summary>
    /// <exception cref="ProblemException">Something on this machine or in the options is not as it must be.</exception>
    public static async Task<PipelineTrial> StartAsync(
        RehearsalOptions options, RehearsedPipeline pipeline, AccessMeans best, TimeProvider clock, IProgress<RehearsalEvent> progress, CancellationToken ct)
    {
        var trial = new PipelineTrial(pipeline, best, progress);
        try
        {
            trial._environment = await RehearsalEnvironment.StartAsync(options with { Tasks = 2, Port = 0 }, clock, trial, ct);
            trial._tasks = [.. (await trial._environment.WaitForServiceAgentsAsync(2, ct)).Order(StringComparer.Ordinal)];
            trial._watch = new(trial._environment.SharedPath, clock);
            foreach (var arn in trial._tasks)
            {
                var task = (await trial._environment.Fargate.DescribeTasksAsync(RehearsalEnvironment.Cluster, [arn], ct)).Tasks[0];
                foreach (var container in task.Containers)
                {
                    await trial.AttachAsync(arn, container.Name, ct);
                }
            }

            return trial;
        }
        catch
        {
            await trial.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the pipeline once, to its end.</summary>
    /// <param name="apart">Jobs, with those whose task they are to keep away from; null: all go to one task that they may go to.</param>
    /// <param name="ct">Ends the run.</param>
    /// <param name="elsewhere">Whether the other task is the one that jobs go to when nothing else is wanted.</param>
    public async Task<TrialRun> RunAsync(IReadOnlyDictionary<JobKey, IReadOnlySet<JobKey>>? apart, CancellationToken ct, bool elsewhere = false)
    {
        var placement = new TaskPlacement(RehearsalEnvironment.TaskId(_tasks[elsewhere ? 1 : 0]), apart);
        var inputs = _pipeline.Inputs with { Repositories = await ServeAsync(ct) };

        // Where jobs are told by when they ran, one that a busy machine reads late must not become the next stage's.
        var run = Environment.QueueRun(
            _pipeline.Source(Environment.TasksFolder), inputs, beforeStage: (_, _, stageCt) => _watch!.DrainAsync(stageCt), placement.Choose);
        var snapshot = await Environment.FollowAsync(run, ct);
        return new(snapshot, await _watch!.TakeAsync(ct), placement);
    }

    /// <summary>Passes on what happens, and notes which container has which job.</summary>
    public void Report(RehearsalEvent value)
    {
        switch (value)
        {
            case RunSeen(JobAssigned assigned)
                when assigned.Capabilities.GetValueOrDefault(RehearsalEnvironment.TaskCapability) is { } task
                && assigned.Capabilities.GetValueOrDefault(RehearsalEnvironment.ContainerCapability) is { } container:
                _watch?.Assign(task, container, new(assigned.Stage.Name, assigned.Job.Name), assigned.At);
                break;
            case RunSeen(JobFinished finished):
                _watch?.Finish(new(finished.Stage.Name, finished.Job.Name), finished.At);
                break;
            case TaskSeen({ Kind: TaskStateChangeKind.Container, Status: EcsTaskStatus.Running, ContainerName: { } name } change) when _watch is not null:
                // Restarted in place: its mount is another. The job that it gets comes later.
                _ = AttachAsync(change.TaskArn, name, CancellationToken.None);
                break;
        }

        _progress.Report(value);
    }

    public async ValueTask DisposeAsync()
    {
        // Before the volumes go: an event that waits keeps a file of theirs open.
        _watch?.Dispose();
        if (_environment is not null)
        {
            await _environment.DisposeAsync();
        }
    }

    private async Task<IReadOnlyDictionary<string, ServedRepository>> ServeAsync(CancellationToken ct) =>
        _served ??= await Environment.ServeAsync(_pipeline.Repositories, ct);

    private async Task AttachAsync(string taskArn, string container, CancellationToken ct)
    {
        var (taskId, volume) = (RehearsalEnvironment.TaskId(taskArn), Environment.Fargate.DescribeVolumes(taskArn)[0]);
        try
        {
            if (Means is AccessMeans.Mounts)
            {
                var pid = await Environment.Fargate.FindProcessAsync(taskArn, container, ct) ?? throw new IOException($"the process of container {container} is not known");
                _watch!.Attach(taskId, container, pid, volume);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            (Means, Obstacle) = (AccessMeans.Folders, e.Message);
        }

        try
        {
            if (Means is AccessMeans.Folders)
            {
                _watch!.Attach(taskId, volume);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            (Means, Obstacle) = (AccessMeans.None, e.Message);
        }
    }
}
