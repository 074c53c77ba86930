using Tidepool.AzurePipelines;
using Tidepool.Fargate;
using Tidepool.Fargate.Api;
using Tidepool.Fargate.Upstream;
using Tidepool.Pipelines;

namespace Tidepool.Rehearsal;

/// <summary>How an environment for other programs is set up.</summary>
public sealed record ServeOptions
{
    /// <summary>The built-in agent's executable.</summary>
    public required string AgentBinary { get; init; }

    /// <summary>Folder under which environments keep their volumes, logs and journals.</summary>
    public required string StateFolder { get; init; }

    /// <summary>Folder of what outlives environments: EFS file systems, EBS volumes that were kept, snapshots. Null: it goes with the environment.</summary>
    public string? StorageFolder { get; init; }

    /// <summary>Folder of the tasks that the user pulled; null: only the tasks that come with Tidepool.</summary>
    public string? TasksFolder { get; init; }

    /// <summary>Port of the ECS endpoint on 127.0.0.1; 0 picks a free one. Default 4566.</summary>
    public int EcsPort { get; init; } = 4566;

    /// <summary>
    /// Port of the embedded Azure Pipelines service on 127.0.0.1; 0 picks a free one. Default 0. With a port of its own the service's state
    /// outlives a crash: who starts at that port again finds it, see <see cref="ServicesFolder"/>.
    /// </summary>
    public int PipelinesPort { get; init; }

    /// <summary>Folder of the states of services by their ports. Null: a service's state goes with the environment.</summary>
    public string? ServicesFolder { get; init; }

    /// <summary>Variable groups that the embedded service has from the start, by name, with their secrets.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<GroupVariable>> Groups { get; init; } = new Dictionary<string, IReadOnlyList<GroupVariable>>();

    /// <summary>An emulator of AWS that answers for all services but ECS; null for none.</summary>
    public Uri? Upstream { get; init; }

    /// <summary>What runs containers. Default the sandbox.</summary>
    public RuntimeWish Runtime { get; init; } = RuntimeWish.Sandbox;

    /// <summary>Name of the AWS Region. Default us-east-1.</summary>
    public string Region { get; init; } = "us-east-1";

    /// <summary>Factor on AWS's own delays, 0 to 1. Default 0.</summary>
    public double TimeScale { get; init; }

    /// <summary>The token that registers agents; null makes one, which tasks get as the secret <c>tidepool/azp-token</c>.</summary>
    public string? Token { get; init; }
}

/// <summary>A local Fargate behind the ECS API and an embedded Azure Pipelines service, for other programs to use: nothing runs until they ask.</summary>
public sealed class ServedEnvironment : IAsyncDisposable
{
    /// <summary>What a task definition's <c>valueFrom</c> says to get the token that registers agents.</summary>
    public const string TokenSecret = "tidepool/azp-token";

    /// <summary>Folder in an environment's own for what clients hand over to the embedded service, and for what runs write.</summary>
    internal const string PipelinesFolder = "pipelines";

    private readonly CancellationTokenSource _watching = new();
    private readonly Task _watch;
    private Task? _stopped;

    private ServedEnvironment(string folder, LocalFargate fargate, PipelinesService pipelines, EcsEndpoint ecs, IProgress<RehearsalEvent> progress)
    {
        (Folder, Fargate, Pipelines, Ecs) = (folder, fargate, pipelines, ecs);
        _watch = TaskWatch.FollowAsync(fargate, pipelines, change => progress.Report(new TaskSeen(change)), _watching.Token);
    }

    /// <summary>Where volumes, logs and the journal are while the environment is up.</summary>
    public string Folder { get; }

    /// <summary>Where the embedded service's state is, when it outlives a crash; removed at the end all the same.</summary>
    private string? KeptFolder { get; init; }

    /// <summary>What runs tasks.</summary>
    public LocalFargate Fargate { get; }

    /// <summary>What agents register with.</summary>
    public PipelinesService Pipelines { get; }

    /// <summary>What AWS clients ask.</summary>
    public EcsEndpoint Ecs { get; }

    /// <summary>Sweeps what crashes left, then starts everything.</summary>
    /// <exception cref="ProblemException">Something on this machine or in the options is not as it must be.</exception>
    public static async Task<ServedEnvironment> StartAsync(
        ServeOptions options, TimeProvider clock, IProgress<RehearsalEvent> progress, CancellationToken ct)
    {
        var account = await AccountAsync(options, clock, ct);

        // Which images run is known only when clients ask; by itself an engine is worth choosing for the agents' image.
        var runtime = await ContainerRuntimes.ChooseAsync(
            options.Runtime, options.Runtime is RuntimeWish.Auto ? RehearsalOptions.DefaultImage : null, Environment.GetEnvironmentVariable, ct);
        runtime.Tell(why => progress.Report(new Said(why)));
        var folder = await StateFolder.SweepAsync(options.StateFolder, runtime.Engine, clock, progress, ct);
        var token = options.Token ?? Unguessable.Hex(26);
        var kept = options is { PipelinesPort: not 0, ServicesFolder: { } services }
            ? Path.Combine(services, options.PipelinesPort.ToString(System.Globalization.CultureInfo.InvariantCulture))
            : null;
        LocalFargate? fargate = null;
        PipelinesService? pipelines = null;
        EcsEndpoint? ecs = null;
        var ready = false;
        try
        {
            fargate = await LocalFargate.StartAsync(
                new FargateOptions
                {
                    EnvironmentFolder = folder,
                    StorageFolder = options.StorageFolder,
                    Region = options.Region,
                    AccountId = account,
                    TimeScale = options.TimeScale,
                    Secrets = new Dictionary<string, string> { [TokenSecret] = token },
                    Upstream = options.Upstream,
                    AgentBinary = options.AgentBinary,
                    Engine = runtime.Engine,
                },
                clock,
                ct);
            pipelines = await PipelinesService.StartAsync(
                new()
                {
                    Port = options.PipelinesPort,
                    Token = token,
                    WorkFolder = kept ?? Path.Combine(folder, PipelinesFolder),
                    KeepsState = kept is not null,
                    TasksFolder = options.TasksFolder,
                    Groups = options.Groups,
                    WaitForAgents = true,
                    OnFault = fault => progress.Report(new Said($"the embedded service could not answer {fault}")),
                },
                clock,
                ct);
            fargate.Reach(pipelines.OrganizationUrl.Port);
            ecs = await EcsEndpoint.StartAsync(
                fargate, new() { Port = options.EcsPort, Upstream = options.Upstream, OnNotice = notice => progress.Report(new Said(notice)) }, ct);
            new EnvironmentDocument
            {
                Ecs = ecs.Url,
                Pipelines = pipelines.OrganizationUrl,
                Project = pipelines.Project,
                Pool = pipelines.Pool,
                Region = options.Region,
                Runtime = fargate.Runtime.Name,
                DiskLimited = fargate.Runtime.DiskLimited,
                NotExercised = fargate.Runtime.NotExercised,
                Token = pipelines.IssueToken(),
            }.Write(folder);
            ready = true;
            return new(folder, fargate, pipelines, ecs, progress) { KeptFolder = kept };
        }
        finally
        {
            if (!ready)
            {
                await (ecs?.DisposeAsync() ?? ValueTask.CompletedTask);
                await (pipelines?.DisposeAsync() ?? ValueTask.CompletedTask);
                await (fargate?.StopAsync(new CancellationToken(canceled: true)) ?? Task.CompletedTask);
            }
        }
    }

    /// <summary>Takes no more requests, stops all tasks as a scheduler does, and removes everything.</summary>
    /// <param name="hurry">Once cancelled, processes that still run are killed at once.</param>
    public Task StopAsync(CancellationToken hurry) => _stopped ??= StopOnceAsync(hurry);

    /// <summary>Stops and removes everything, with the time for processes that <c>stopTimeout</c> gives.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    private static async Task<string> AccountAsync(ServeOptions options, TimeProvider clock, CancellationToken ct)
    {
        if (options.Upstream is not { } url)
        {
            return "000000000000";
        }

        using var upstream = new UpstreamClient(url, options.Region, clock);
        return await upstream.AccountIdAsync(ct);
    }

    private async Task StopOnceAsync(CancellationToken hurry)
    {
        EnvironmentDocument.Remove(Folder);
        await Ecs.DisposeAsync();
        try
        {
            await Fargate.StopAsync(hurry);
        }
        finally
        {
            await _watching.CancelAsync();
            await _watch;
            await Pipelines.DisposeAsync();
            if (KeptFolder is not null)
            {
                Directory.Delete(KeptFolder, recursive: true);
            }

            _watching.Dispose();
        }
    }
}
