using Tidepool.Pipelines;

namespace Tidepool.Rehearsal;

/// <summary>Runs a user's own pipeline, from the user's own repository.</summary>
public static class PipelineRehearsal
{
    /// <summary>The one scenario's name in the report.</summary>
    public const string Scenario = "pipeline";

    /// <summary>Says which steps can run here, runs the pipeline, reports, and then calls <paramref name="keepUntil"/> before all is taken down.</summary>
    /// <param name="options">The environment to run on.</param>
    /// <param name="path">Absolute path of the pipeline's file.</param>
    /// <param name="parameters">Values of its parameters.</param>
    /// <param name="clock">The time.</param>
    /// <param name="progress">Who watches.</param>
    /// <param name="keepUntil">Called with the report while the environment is still up.</param>
    /// <param name="ct">Ends the run and takes everything down.</param>
    /// <exception cref="PipelineNotValidException">The pipeline is not valid, or uses what is not supported yet; every place is named.</exception>
    /// <exception cref="ProblemException">The environment could not be started.</exception>
    public static async Task<RehearsalReport> RunAsync(
        RehearsalOptions options,
        string path,
        IReadOnlyDictionary<string, string> parameters,
        TimeProvider clock,
        IProgress<RehearsalEvent> progress,
        Func<RehearsalEnvironment, RehearsalReport, Task> keepUntil,
        CancellationToken ct)
    {
        var startedAt = clock.GetUtcNow();
        var began = clock.GetTimestamp();
        var phases = new Phases(clock, progress);
        var source = PipelineFiles.Source(options.RepositoryFolder, path, parameters);
        var file = PipelineFiles.InRepository(path);
        Preflight(source, progress);
        await using var environment = await phases.RunAsync(
            "start the services", () => RehearsalEnvironment.StartAsync(options, clock, progress, ct));
        await phases.RunAsync("agents online", () => environment.WaitForServiceAgentsAsync(options.Tasks, ct));
        progress.Report(new ScenarioStarted(Scenario, file));
        var report = await phases.RunAsync(Scenario, async () =>
        {
            var run = environment.QueueRun(source, beforeStage: null);
            var snapshot = await environment.FollowAsync(run, ct);
            return new ScenarioReport
            {
                Name = Scenario,
                Expected = "succeeded",
                Observed = RunReports.Word(snapshot.Result),
                Reason = RunReports.WhyNot(snapshot),
                Run = RunReports.Of(snapshot, await environment.ListTasksAsync(ct)),
            };
        });
        progress.Report(new ScenarioFinished(report));
        var whole = environment.Report(startedAt, clock.GetElapsedTime(began), [report], phases.Finished);
        await keepUntil(environment, whole);
        return whole;
    }

    /// <summary>Says what runs here and what does not, and refuses before anything is started.</summary>
    internal static void Preflight(PipelineSource source, IProgress<RehearsalEvent> progress)
    {
        var preflight = PipelinePreflight.Inspect(source);
        progress.Report(new Said($"{preflight}"));
        if (preflight.Errors.Count > 0)
        {
            // They name each step that cannot run, with its place.
            throw new PipelineNotValidException(preflight.Errors);
        }

        foreach (var step in preflight.Steps.Where(step => !step.Runs))
        {
            progress.Report(new Said($"{step.Position}: {step.Text} will fail: {step.Obstacle}"));
        }
    }
}
