using System.Globalization;
using Tidepool.AzurePipelines;
using Tidepool.AzurePipelines.Client;
using Tidepool.AzurePipelines.Repositories;
using Tidepool.AzurePipelines.Runs;
using Tidepool.Fargate;
using Tidepool.Pipelines;
using Tidepool.Storage.Probes;
using Tidepool.Tasks;

namespace Tidepool.Rehearsal;

/// <summary>One embedded Azure Pipelines service, and one local Fargate whose service of agents registers with it.</summary>
public sealed partial class RehearsalEnvironment : IAsyncDisposable
{
    public const string Cluster = "tidepool";
    public const string ServiceName = "tidepool-agents";

    private const string TokenSecret = "tidepool/azp-token";
    private const string ExecutionRole = "arn:aws:iam::000000000000:role/tidepool-execution";
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(5);
    private static readonly NetworkConfiguration Network = new(new AwsvpcConfiguration(["subnet-local"]));

    private readonly CancellationTokenSource _watching = new();
    private readonly IProgress<RehearsalEvent> _progress;
    private readonly TimeProvider _clock;
    private readonly string _taskDefinition;
    private readonly AgentVolume _volume;
    private readonly string _repositoryFolder;
    private readonly TimeSpan _agentsLimit;
    private readonly TimeSpan _restartPeriod;
    private readonly Task _watch;

    /// <summary>Once cancelled, who started this wants out: nothing is given time to end by itself.</summary>
    private readonly CancellationToken _hurry;

    private RehearsalEnvironment(
        RehearsalOptions options,
        string folder,
        PipelinesService pipelines,
        LocalFargate fargate,
        RepositorySnapshot repository,
        TaskDefinition taskDefinition,
        AgentVolume volume,
        TimeProvider clock,
        IProgress<RehearsalEvent> progress,
        CancellationToken hurry)
    {
        (Folder, Pipelines, Fargate, Repository) = (folder, pipelines, fargate, repository);
        (_taskDefinition, _volume, _clock, _progress, _hurry) = (taskDefinition.TaskDefinitionArn, volume, clock, progress, hurry);
        _repositoryFolder = options.RepositoryFolder;
        TasksFolder = options.TasksFolder;
        SharedPath = taskDefinition.ContainerDefinitions[0].MountPoints.First(mount => mount.SourceVolume == volume.Volume.Name).ContainerPath!;
        _agentsLimit = AgentsStart + (AwsDelays * options.TimeScale);
        _restartPeriod = TimeSpan.FromSeconds(taskDefinition.ContainerDefinitions[0].RestartPolicy?.RestartAttemptPeriod ?? 0) * options.TimeScale;
        _watch = TaskWatch.FollowAsync(fargate, pipelines, change => progress.Report(new TaskSeen(change)), _watching.Token);
    }

    /// <summary>Where volumes, logs and the journal are while the environment is up.</summary>
    public string Folder { get; }

    /// <summary>Where pulled tasks are; null for none.</summary>
    public string? TasksFolder { get; }

    /// <summary>Where containers have the volume that they share.</summary>
    public string SharedPath { get; }

    public PipelinesService Pipelines { get; }

    public LocalFargate Fargate { get; }

    /// <summary>The user's repository as it was at the start, or when it was taken anew, uncommitted changes included.</summary>
    public RepositorySnapshot Repository { get; private set; }

    /// <summary>Sweeps what crashes left, then starts everything and asks for the tasks. Agents come online later.</summary>
    /// <exception cref="ProblemException">Something on this machine or in the options is not as it must be.</exception>
    public static async Task<RehearsalEnvironment> StartAsync(
        RehearsalOptions options, TimeProvider clock, IProgress<RehearsalEvent> progress, CancellationToken ct)
    {
        var runtime = await ContainerRuntimes.ChooseAsync(options.Runtime, options.Image, options.Variable, ct);
        runtime.Tell(why => progress.Report(new Said(why)));
        var folder = await StateFolder.SweepAsync(options.StateFolder, runtime.Engine, clock, progress, ct);
        var token = options.Token ?? Unguessable.Hex(26);
        LocalFargate? fargate = null;
        PipelinesService? pipelines = null;
        var ready = false;
        try
        {
            fargate = await LocalFargate.StartAsync(
                new FargateOptions
                {
                    EnvironmentFolder = folder,
                    StorageFolder = options.Storage is VolumeKind.Efs ? null : options.StorageFolder,
                    TimeScale = options.TimeScale,
                    Secrets = new Dictionary<string, string> { [TokenSecret] = token },
                    AgentBinary = options.AgentBinary,
                    Engine = runtime.Engine,
                },
                clock,
                ct);
            var gitFolder = GitFolderOf(folder);
            pipelines = await PipelinesService.StartAsync(
                Service(options, token, folder, gitFolder, progress), clock, ct);
            fargate.Reach(pipelines.OrganizationUrl.Port);
            var volume = AgentVolume.Of(options.Storage, folder, clock);
            var taskDefinition = await fargate.RegisterTaskDefinitionAsync(await AgentsAsync(options, volume, runtime, pipelines, ct), ct);
            await fargate.CreateClusterAsync(Cluster, ct);
            await fargate.CreateServiceAsync(
                new CreateServiceRequest
                {
                    Cluster = Cluster,
                    ServiceName = ServiceName,
                    TaskDefinition = taskDefinition.TaskDefinitionArn,
                    DesiredCount = options.Tasks,
                    NetworkConfiguration = Network,
                    VolumeConfigurations = volume.OfService,
                },
                ct);

            // The agents are on their way meanwhile.
            var repository = await RepositorySnapshot.TakeAsync(options.RepositoryFolder, gitFolder, ct);
            ready = true;
            return new RehearsalEnvironment(
                options, folder, pipelines, fargate, repository, taskDefinition, volume, clock, progress, ct);
        }
        finally
        {
            if (!ready)
            {
                // Nothing that has begun here is worth waiting for.
                await (fargate?.StopAsync(new CancellationToken(canceled: true)) ?? Task.CompletedTask);
                await (pipelines?.DisposeAsync() ?? ValueTask.CompletedTask);
            }
        }
    }

    /// <summary>Queues a pipeline of the repository.</summary>
    /// <param name="source">The pipeline, its path as errors and runs show it.</param>
    /// <param name="inputs">What it is given, and what of it runs.</param>
    /// <param name="beforeStage">Awaited before a stage starts, as a check is on Azure Pipelines; null for none.</param>
    /// <param name="placement">Chooses the agents of jobs; null: the first that is idle.</param>
    /// <exception cref="PipelineNotValidException">The pipeline is not valid.</exception>
    /// <exception cref="ProblemException">The selection names what the pipeline does not have.</exception>
    public PipelineRun QueueRun(PipelineSource source, RunInputs inputs, StageCheck? beforeStage, JobPlacement? placement = null)
    {
        var pipeline = PipelineReader.Read(
            source with { Variables = RunVariables.OfTemplates(Repository.Name, Repository.Branch, Repository.Commit) });
        return Pipelines.QueueRun(new RunRequest
        {
            Pipeline = inputs.Selection.Of(pipeline),
            Variables = inputs.Variables,
            Secrets = inputs.Secrets,
            Repositories = inputs.Repositories,
            DefinitionName = Path.GetFileNameWithoutExtension(source.File),
            RepositoryName = Repository.Name,
            SourceVersion = Repository.Commit,
            SourceBranch = Repository.Branch,
            SourceVersionMessage = Repository.Message,
            BeforeStage = beforeStage,
            Placement = placement,
        });
    }

    /// <summary>Takes the user's repository anew, as it is now; runs that are queued from now on have it.</summary>
    /// <returns>Whether anything has changed since.</returns>
    public async Task<bool> RefreshAsync(CancellationToken ct)
    {
        var before = Repository;
        Repository = await RepositorySnapshot.TakeAsync(_repositoryFolder, GitFolderOf(Folder), ct);
        return Repository.Tree != before.Tree;
    }

    /// <summary>Serves other repositories, as they are now.</summary>
    /// <param name="folders">A folder of each one's working tree, by alias.</param>
    /// <param name="ct">Ends the handing over.</param>
    /// <exception cref="ProblemException">One of them is no repository, or git could not hand it over.</exception>
    internal async Task<IReadOnlyDictionary<string, ServedRepository>> ServeAsync(IReadOnlyDictionary<string, string> folders, CancellationToken ct)
    {
        using var client = new PipelinesClient(Pipelines.OrganizationUrl, Pipelines.Project, Pipelines.IssueToken());
        return await OtherRepositories.PushAsync(client, folders, Repository.Name, Folder, ct);
    }

    /// <summary>Shows a run as it goes, to its end.</summary>
    public async Task<RunSnapshot> FollowAsync(PipelineRun run, CancellationToken ct)
    {
        await foreach (var seen in run.ReadEventsAsync(ct))
        {
            _progress.Report(new RunSeen(seen));
        }

        await run.Completion;
        return run.Snapshot();
    }

    /// <summary>The report of what was tried here.</summary>
    public RehearsalReport Report(
        DateTimeOffset startedAt, TimeSpan took, IReadOnlyList<ScenarioReport> scenarios, IReadOnlyList<PhaseReport> phases) => new()
        {
            Storage = _volume.Storage,
            Runtime = Fargate.Runtime.Name,
            NotExercised = Fargate.Runtime.NotExercised,
            StartedAt = startedAt,
            Seconds = Math.Round(took.TotalSeconds, 3),
            Scenarios = scenarios,
            Phases = phases,
        };

    /// <summary>Stops every process and removes every volume of this environment.</summary>
    public async ValueTask DisposeAsync()
    {
        await _watching.CancelAsync();
        try
        {
            await _watch;
        }
        finally
        {
            // Whatever the watch met: nothing stays. No job runs any more, so agents are gone in milliseconds; one that was only just
            // restarted may miss the SIGTERM, as any PID 1 without a handler does, and is not waited for as long as stopTimeout says.
            using var limit = new CancellationTokenSource(LeaveLimit, _clock);
            using var hurry = CancellationTokenSource.CreateLinkedTokenSource(_hurry, limit.Token);
            await Fargate.StopAsync(hurry.Token);
            await Pipelines.DisposeAsync();
            _watching.Dispose();
        }
    }

    private static string GitFolderOf(string folder) => Path.Combine(folder, "git");

    private static PipelinesServiceOptions Service(
        RehearsalOptions options, string token, string folder, string gitFolder, IProgress<RehearsalEvent> progress)
    {
        var service = new PipelinesServiceOptions
        {
            Port = options.Port,
            Token = token,
            GitFolder = gitFolder,
            WorkFolder = Path.Combine(folder, ServedEnvironment.PipelinesFolder),
            TasksFolder = options.TasksFolder,
            OnFault = fault => progress.Report(new Said($"the embedded service could not answer {fault}")),
        };
        PoolMaps.Check(options.PoolMap, service.Pool);
        return service with
        {
            PoolMap = options.PoolMap.Count > 0
                ? options.PoolMap
                : new Dictionary<string, string> { [PipelinesServiceOptions.AnyPool] = service.Pool },
        };
    }

    private static async Task<RegisterTaskDefinitionRequest> AgentsAsync(
        RehearsalOptions options, AgentVolume volume, RuntimeChoice runtime, PipelinesService pipelines, CancellationToken ct)
    {
        var request = AgentTaskDefinition.Render(
            await File.ReadAllTextAsync(options.ContainerTemplate, ct),
            options.Agents,
            agent => new Dictionary<string, string>
            {
                ["image"] = options.Image,
                ["azp_url"] = pipelines.OrganizationUrl.ToString(),
                ["azp_pool"] = pipelines.Pool,
                ["azp_token_secret"] = TokenSecret,
                ["log_group"] = $"/tidepool/{Cluster}/{agent}",
                ["log_prefix"] = "agents",
                ["region"] = "us-east-1",
                ["volume"] = volume.Volume.Name,
                ["storage"] = volume.Storage,
            },
            ExecutionRole) with
        {
            Volumes = [volume.Volume],
            Cpu = options.Cpu.ToString(CultureInfo.InvariantCulture),
            Memory = options.Memory.ToString(CultureInfo.InvariantCulture),
            RuntimePlatform = runtime.CpuArchitecture is { } architecture ? new(architecture, "LINUX") : null,
        };
        return TaskDefinitionRules.Violations(request) is [var first, ..] ? throw new ProblemException(first.ToProblem()) : request;
    }
}
