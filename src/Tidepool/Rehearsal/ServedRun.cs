using Tidepool.AzurePipelines;
using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Client;
using Tidepool.AzurePipelines.Repositories;
using Tidepool.Pipelines;

namespace Tidepool.Rehearsal;

/// <summary>What to run on a served environment.</summary>
public sealed record ServedRunOptions
{
    /// <summary>The environment.</summary>
    public required EnvironmentDocument Environment { get; init; }

    /// <summary>Absolute path of the pipeline's file, in its git repository.</summary>
    public required string Path { get; init; }

    /// <summary>Values of its parameters.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Folders of the repositories that it names under <c>resources</c>, by alias; they are handed over, too.</summary>
    public IReadOnlyDictionary<string, string> Repositories { get; init; } = new Dictionary<string, string>();

    /// <summary>Variable groups to make or change there before the run, by name, with their secrets.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> Groups { get; init; } = new Dictionary<string, IReadOnlyList<GroupVariable>>();

    /// <summary>Pools of the pipeline by name and the embedded pool they run in. Empty: every pool runs in the embedded one.</summary>
    public IReadOnlyDictionary<string, string> PoolMap { get; init; } = new Dictionary<string, string>();
}

/// <summary>Runs a user's pipeline on an environment that <c>tidepool serve</c> keeps up, over HTTP as any client would.</summary>
public static class ServedRun
{
    private const string HandOver = "hand over the repository";

    private const string Hint =
        "start a task whose containers run the agent (terraform apply, aws ecs run-task) with AZP_URL, AZP_POOL and the secret as tidepool serve names them; "
        + "the run goes on by itself";

    /// <summary>Hands the repository over, queues the pipeline and follows it to its end. Who stops following does not stop the run.</summary>
    /// <param name="options">What, and where.</param>
    /// <param name="clock">The time.</param>
    /// <param name="progress">Who watches.</param>
    /// <param name="cancel">Cancels the run, which is then followed to its end all the same.</param>
    /// <exception cref="PipelineNotValidException">The pipeline is not valid, or uses what is not supported yet; every place is named.</exception>
    /// <exception cref="ProblemException">The file or the environment is not as it must be, or the environment ended.</exception>
    public static async Task<RehearsalReport> RunAsync(
        ServedRunOptions options, TimeProvider clock, IProgress<RehearsalEvent> progress, CancellationToken cancel)
    {
        var (startedAt, began) = (clock.GetUtcNow(), clock.GetTimestamp());
        var phases = new Phases(clock, progress);
        var environment = options.Environment;
        var folder = Path.GetDirectoryName(options.Path) ?? "/";
        PoolMaps.Check(options.PoolMap, environment.Pool);
        var source = PipelineFiles.Source(folder, options.Path, options.Parameters, options.Repositories);
        var file = PipelineFiles.InRepository(options.Path);

        Preflight(source, progress);
        using var client = new PipelinesClient(environment.Pipelines, environment.Project, environment.Token);
        try
        {
            var runId = await phases.RunAsync(HandOver, () => QueueAsync(client, options, folder, file, cancel));
            progress.Report(new ScenarioStarted(PipelineRehearsal.Scenario, $"{file}, run {runId} on {environment.Pipelines}"));
            var report = await phases.RunAsync(PipelineRehearsal.Scenario, async () =>
            {
                var snapshot = await FollowAsync(client, runId, progress, cancel);
                return new ScenarioReport
                {
                    Name = PipelineRehearsal.Scenario,
                    Expected = "succeeded",
                    Observed = RunReports.Word(snapshot.Result),
                    Reason = RunReports.WhyNot(snapshot),
                    Run = RunReports.Of(snapshot, await EcsTaskArns.ListAsync(environment.Ecs, CancellationToken.None)) with
                    {
                        Explanation = await client.ExplainAsync(runId, CancellationToken.None),
                    },
                };
            });
            progress.Report(new ScenarioFinished(report));
            return new()
            {
                Runtime = environment.Runtime,
                NotExercised = environment.NotExercised,
                StartedAt = startedAt,
                Seconds = Math.Round(clock.GetElapsedTime(began).TotalSeconds, 3),
                Scenarios = [report],
                Phases = phases.Finished,
            };
        }
        catch (RefusedException e)
        {
            throw new ProblemException(
                "RUN005", $"The embedded Azure Pipelines service refused: {e.Message}", "Mend what it names; let 'tidepool serve' and this command be of one build.");
        }
    }

    /// <summary>Looks at what is at hand; whether a group is there, and a repository that no folder is given for, the environment knows.</summary>
    private static void Preflight(PipelineSource source, IProgress<RehearsalEvent> progress)
    {
        try
        {
            PipelineRehearsal.Preflight(source with { Groups = new AnyGroups() }, new(), progress);
        }
        catch (PipelineNotValidException e) when (e.Errors.Any(error => error.Text.Contains(FolderFiles.NoFolder, StringComparison.Ordinal)))
        {
            progress.Report(new Said("templates of a repository that no --repository gives are those that the environment has"));
        }
    }

    private static async Task<int> QueueAsync(PipelinesClient client, ServedRunOptions options, string folder, string file, CancellationToken cancel)
    {
        // In the environment's folder, so that it goes with it whatever becomes of this process.
        var scratch = Path.Combine(options.Environment.Folder, ServedEnvironment.PipelinesFolder);
        var bare = Path.Combine(scratch, $"snapshot-{Guid.NewGuid():n}");
        try
        {
            var snapshot = await RepositorySnapshot.TakeAsync(folder, bare, cancel);
            await client.PushAsync(snapshot, bare, cancel);
            var others = await OtherRepositories.PushAsync(client, options.Repositories, snapshot.Name, scratch, cancel);
            foreach (var (name, variables) in options.Groups)
            {
                await client.SetGroupAsync(name, variables, cancel);
            }

            var pipeline = await client.PipelineAsync(snapshot.Name, file, cancel);
            var run = await client.QueueAsync(
                pipeline,
                new()
                {
                    Resources = new()
                    {
                        Repositories = new Dictionary<string, RunRepository>(others.Select(other => KeyValuePair.Create(other.Key, new RunRepository
                        {
                            RefName = other.Value.Ref,
                            Version = other.Value.Version,
                            Repository = new() { Name = other.Value.Name },
                        })))
                        {
                            ["self"] = new() { RefName = snapshot.Branch, Version = snapshot.Commit },
                        },
                    },
                    TemplateParameters = RunParameters.Texts(options.Parameters),
                    PoolMap = options.PoolMap.Count > 0
                        ? options.PoolMap
                        : new Dictionary<string, string> { [PipelinesServiceOptions.AnyPool] = options.Environment.Pool },
                },
                cancel);
            return run.Id;
        }
        finally
        {
            if (Directory.Exists(bare))
            {
                Directory.Delete(bare, recursive: true);
            }
        }
    }

    private static async Task<RunSnapshot> FollowAsync(PipelinesClient client, int runId, IProgress<RehearsalEvent> progress, CancellationToken cancel)
    {
        var followed = new FollowedRun();
        var hinted = false;
        Task canceling = Task.CompletedTask;
        await using var asked = cancel.Register(() => canceling = client.CancelAsync(runId, CancellationToken.None));
        await foreach (var happened in client.FollowAsync(runId, CancellationToken.None))
        {
            followed.Hear(happened);
            progress.Report(new RunSeen(happened));
            if (happened is JobWaits && !hinted)
            {
                hinted = true;
                progress.Report(new Said(Hint));
            }
        }

        await canceling;
        return followed.Snapshot();
    }
}
