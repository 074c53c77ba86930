using Tidepool.Pipelines;
using Tidepool.Pipelines.Graph;

namespace Tidepool.Rehearsal;

/// <summary>Runs a user's own pipeline, from the user's own repository.</summary>
public static class PipelineRehearsal
{
    /// <summary>The one scenario's name in the report.</summary>
    public const string Scenario = "pipeline";

    /// <summary>Says which steps can run here, runs the pipeline, reports, and then calls <paramref name="keepUntil"/> before all is taken down.</summary>
    /// <param name="options">The environment to run on.</param>
    /// <param name="pipeline">What to run.</param>
    /// <param name="clock">The time.</param>
    /// <param name="progress">Who watches.</param>
    /// <param name="keepUntil">Called with the report while the environment is still up; gives the last report.</param>
    /// <param name="ct">Ends the run and takes everything down.</param>
    /// <exception cref="PipelineNotValidException">The pipeline is not valid, or uses what is not supported yet; every place is named.</exception>
    /// <exception cref="ProblemException">The environment could not be started, or the selection names what the pipeline does not have.</exception>
    public static async Task<RehearsalReport> RunAsync(
        RehearsalOptions options,
        RehearsedPipeline pipeline,
        TimeProvider clock,
        IProgress<RehearsalEvent> progress,
        Func<RehearsalEnvironment, RehearsalReport, Task<RehearsalReport>> keepUntil,
        CancellationToken ct)
    {
        var startedAt = clock.GetUtcNow();
        var began = clock.GetTimestamp();
        var phases = new Phases(clock, progress);
        Preflight(pipeline.Source(options.TasksFolder), pipeline.Inputs.Selection, progress);
        await using var environment = await phases.RunAsync(
            "start the services", () => RehearsalEnvironment.StartAsync(options, clock, progress, ct));
        await phases.RunAsync("agents online", () => environment.WaitForServiceAgentsAsync(options.Tasks, ct));
        var report = await RunOnAsync(environment, pipeline, phases, progress, ct);
        return await keepUntil(environment, environment.Report(startedAt, clock.GetElapsedTime(began), [report], phases.Finished));
    }

    /// <summary>Runs the pipeline anew on an environment that is up, each time files of its repositories have changed. Ends when cancelled.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="pipeline">What to run.</param>
    /// <param name="last">The report of the run before.</param>
    /// <param name="clock">The time.</param>
    /// <param name="progress">Who watches.</param>
    /// <param name="show">Called with each report.</param>
    /// <param name="ct">Ends the watch; a run that goes on meanwhile is cut short.</param>
    /// <returns>The last report; null when the pipeline was last not valid.</returns>
    public static async Task<RehearsalReport?> WatchAsync(
        RehearsalEnvironment environment,
        RehearsedPipeline pipeline,
        RehearsalReport last,
        TimeProvider clock,
        IProgress<RehearsalEvent> progress,
        Func<RehearsalReport, Task> show,
        CancellationToken ct)
    {
        RehearsalReport? report = last;
        using var files = new WatchedFiles([PipelineFiles.RootOf(pipeline.Path), .. pipeline.Repositories.Values], clock);
        while (true)
        {
            progress.Report(new Said("waiting for changes; Ctrl-C ends"));
            try
            {
                do
                {
                    await files.ChangeAsync(ct);
                }
                while (!await environment.RefreshAsync(ct) && pipeline.Repositories.Count == 0);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return report;
            }

            var (startedAt, began) = (clock.GetUtcNow(), clock.GetTimestamp());
            var phases = new Phases(clock, progress);
            try
            {
                Preflight(pipeline.Source(environment.TasksFolder), pipeline.Inputs.Selection, progress);
                var scenario = await RunOnAsync(environment, pipeline, phases, progress, ct);
                report = environment.Report(startedAt, clock.GetElapsedTime(began), [scenario], phases.Finished);
                await show(report);
            }
            catch (Exception e) when (e is PipelineNotValidException or ProblemException)
            {
                report = null;
                progress.Report(new Said(e.Message));
            }
        }
    }

    private static async Task<ScenarioReport> RunOnAsync(
        RehearsalEnvironment environment, RehearsedPipeline pipeline, Phases phases, IProgress<RehearsalEvent> progress, CancellationToken ct)
    {
        progress.Report(new ScenarioStarted(Scenario, PipelineFiles.InRepository(pipeline.Path)));
        var report = await phases.RunAsync(Scenario, async () =>
        {
            var inputs = pipeline.Inputs with { Repositories = await environment.ServeAsync(pipeline.Repositories, ct) };
            var run = environment.QueueRun(pipeline.Source(environment.TasksFolder), inputs, beforeStage: null);
            var snapshot = await environment.FollowAsync(run, ct);
            return new ScenarioReport
            {
                Name = Scenario,
                Expected = "succeeded",
                Observed = RunReports.Word(snapshot.Result),
                Reason = RunReports.WhyNot(snapshot),
                Run = RunReports.Of(snapshot, await environment.ListTasksAsync(ct)) with { Explanation = run.Explain() },
            };
        });
        progress.Report(new ScenarioFinished(report));
        return report;
    }

    /// <summary>Says what runs here and what does not, and refuses before anything is started.</summary>
    /// <param name="source">The pipeline.</param>
    /// <param name="selection">What of it is to run.</param>
    /// <param name="progress">Who watches.</param>
    internal static void Preflight(PipelineSource source, PipelineSelection selection, IProgress<RehearsalEvent> progress)
    {
        var preflight = PipelinePreflight.Inspect(source);
        progress.Report(new Said($"{preflight}"));
        if (preflight.Errors.Count > 0)
        {
            // They name each step that cannot run, with its place.
            throw new PipelineNotValidException(preflight.Errors);
        }

        if (!selection.IsEverything)
        {
            _ = selection.Of(PipelineReader.Read(source));
        }

        foreach (var step in preflight.Steps.Where(step => !step.Runs))
        {
            progress.Report(new Said($"{step.Position}: {step.Text} will fail: {step.Obstacle}"));
        }
    }
}
