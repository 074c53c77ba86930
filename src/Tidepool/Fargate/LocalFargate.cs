using System.Collections.Concurrent;
using Tidepool.Fargate.Metadata;
using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Runtimes.Engine;
using Tidepool.Fargate.Upstream;
using Tidepool.Fargate.Volumes;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>Fargate on this machine: clusters, services, tasks and their volumes, with the operations of the ECS API.</summary>
/// <remarks>Operations throw <see cref="EcsException"/> with the API's own words where AWS would refuse.</remarks>
public sealed partial class LocalFargate : IAsyncDisposable
{
    private readonly EnvironmentFolder _folder;
    private readonly FargateParts _parts;
    private readonly ConcurrentDictionary<string, ClusterLoop> _clusters;
    private readonly Lock _stopping = new();
    private Task? _stopped;

    private LocalFargate(EnvironmentFolder folder, FargateParts parts, ConcurrentDictionary<string, ClusterLoop> clusters) =>
        (_folder, _parts, _clusters) = (folder, parts, clusters);

    /// <summary>What containers run in here, and what that leaves out.</summary>
    public RuntimeFacts Runtime => _parts.Runtime.Facts with
    {
        DiskLimited = _parts.Disks.AreLimited,
        NotExercised = [.. _parts.Runtime.Facts.NotExercised, .. _parts.Disks.NotExercised, .. _parts.VolumeKinds.SelectMany(kind => kind.NotExercised)],
    };

    /// <summary>The account's root user, whom account settings belong to.</summary>
    internal string RootArn => $"arn:aws:iam::{_parts.Options.AccountId}:root";

    /// <summary>Takes the environment's folder, finds out what the sandbox can do here, and starts the metadata endpoint on 127.0.0.1.</summary>
    /// <param name="options">The environment.</param>
    /// <param name="clock">Clock of all waits.</param>
    /// <param name="ct">Ends the start.</param>
    /// <exception cref="ProblemException">The folder is in use or cannot be made; a tool, namespaces or the agent's binary are missing.</exception>
    public static async Task<LocalFargate> StartAsync(FargateOptions options, TimeProvider clock, CancellationToken ct)
    {
        if (!File.Exists(options.AgentBinary))
        {
            throw new ProblemException(
                "SANDBOX003",
                $"There is no agent binary at {options.AgentBinary}.",
                "Build it: dotnet publish src/Tidepool.Agent -c Release -o artifacts/agent");
        }

        options = options with
        {
            EnvironmentFolder = Path.GetFullPath(options.EnvironmentFolder),
            StorageFolder = options.StorageFolder is { } lasting ? Path.GetFullPath(lasting) : null,
            AgentBinary = Path.GetFullPath(options.AgentBinary),
        };
        var searchPath = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";
        var mode = options.Engine is null ? await SandboxProbe.FindAsync(searchPath, ct) : null;
        LinuxCalls.CloseDescriptorsOnExec();
        var folder = EnvironmentFolder.Open(options.EnvironmentFolder);
        IContainerRuntime? runtime = null;
        Journal? journal = null;
        TaskDisks? disks = null;
        var ready = false;
        try
        {
            var changes = new StateChangeLog();
            var notices = new NoticeBoard(changes, clock);
            var storage = new TaskStorage(options.EnvironmentFolder);
            var storageFolder = options.StorageFolder ?? Path.Combine(options.EnvironmentFolder, "storage");
            var folders = mode is null ? null : new SandboxFolders(options.EnvironmentFolder, storageFolder, storage, mode);
            Prepare(storage, folders, options);
            var images = await DiskImages.FindAsync(options.EnvironmentFolder, searchPath, ct);
            var ebs = new ElasticBlockStorage(options, images, folders, clock);
            await ebs.SweepAsync(ct);
            journal = Journal.Create(
                Path.Combine(options.EnvironmentFolder, EnvironmentFolder.JournalName), reason => notices.Report("JOURNAL_LOST", reason));
            runtime = mode is null
                ? await EngineAsync(options, storage, journal, clock, ct)
                : new Sandbox(mode, folders!, options.AgentBinary, clock);
            runtime = options.AroundRuntime(runtime);
            disks = await TaskDisks.StartAsync(images, storage, runtime, notices, clock, ct);
            var clusters = new ConcurrentDictionary<string, ClusterLoop>();
            var upstream = options.Upstream is { } url ? new UpstreamClient(url, options.Region, clock) : null;
            var credentials = new TaskCredentials(upstream, clock, reason => notices.Report("TASK_ROLE", reason));
            var metadata = await MetadataEndpoint.StartAsync(
                new(clusters, life => disks.UtilizedMiB(life.Task.TaskId, runtime.LayerBytesOf(life.Task.TaskArn)), options.Region, clock), credentials, ct);
            var fileSystems = new ElasticFileSystems(storageFolder, clock);
            var parts = new FargateParts
            {
                Options = options,
                Clock = clock,
                Arns = new(options.Region, options.AccountId),
                Runtime = runtime,
                Storage = storage,
                Disks = disks,
                Ebs = ebs,
                VolumeKinds = [ebs, new ElasticFileSystemVolumes(options, fileSystems, new(fileSystems, upstream, clock), runtime, notices)],
                Journal = journal,
                Changes = changes,
                Credentials = credentials,
                Secrets = new(options.Secrets, upstream),
                EnvironmentFiles = new(upstream),
                Upstream = upstream,
                Notices = notices,
                Metadata = metadata,
                MetadataAddress = runtime.OfferMetadata(metadata.Address),
            };
            ready = true;
            return new(folder, parts, clusters);
        }
        finally
        {
            if (!ready)
            {
                await (disks?.DisposeAsync() ?? ValueTask.CompletedTask);
                await (runtime?.DisposeAsync() ?? ValueTask.CompletedTask);
                journal?.Dispose();
                await folder.RemoveAsync(CancellationToken.None);
                folder.Dispose();
            }
        }
    }

    /// <summary>Stops all tasks as a scheduler does, with the time that <c>stopTimeout</c> gives, and removes the environment.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    /// <summary>Stops all tasks and removes the environment.</summary>
    /// <param name="hurry">Once cancelled, processes that still run are killed at once.</param>
    public Task StopAsync(CancellationToken hurry)
    {
        lock (_stopping)
        {
            return _stopped ??= StopOnceAsync(hurry);
        }
    }

    private static async Task<IContainerRuntime> EngineAsync(
        FargateOptions options, TaskStorage storage, Journal journal, TimeProvider clock, CancellationToken ct)
    {
        // Before anything is made there, so that a sweep knows where to look.
        journal.Engine(options.Engine!);
        return await ContainerEngine.StartAsync(options.Engine!, options.AgentBinary, options.EnvironmentFolder, storage, clock, ct);
    }

    private static void Prepare(TaskStorage storage, SandboxFolders? folders, FargateOptions options)
    {
        try
        {
            storage.Prepare();
            folders?.Prepare();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(
                "FARGATE002",
                $"The environment's folder {options.EnvironmentFolder} cannot be filled: {e.Message}",
                "Free space on that disk, or choose another folder.");
        }
    }

    private async Task StopOnceAsync(CancellationToken hurry)
    {
        await using var hurrying = hurry.Register(() =>
        {
            foreach (var cluster in _clusters.Values)
            {
                cluster.Hurry();
            }
        });
        await Task.WhenAll(_clusters.Values.Select(StopClusterAsync));

        _parts.Changes.Complete();
        await _parts.Metadata.DisposeAsync();
        await _parts.Disks.DisposeAsync();
        await _parts.Runtime.DisposeAsync();
        _parts.Journal.Dispose();
        _parts.Upstream?.Dispose();
        try
        {
            await _folder.RemoveAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(
                "FARGATE006", $"The environment's folder could not be removed: {e.Message}",
                $"Remove it: sudo rm -rf {_folder.Path}");
        }
        finally
        {
            _folder.Dispose();
        }
    }

    private async Task StopClusterAsync(ClusterLoop cluster)
    {
        await cluster.AskAsync(
            () =>
            {
                foreach (var service in cluster.Services.Keys)
                {
                    cluster.DeleteService(service, force: true);
                }

                foreach (var task in cluster.Tasks.Values.Where(task => !task.IsStopped))
                {
                    cluster.StopTask(task.Task.TaskArn, EcsStopCode.UserInitiated, "The local Fargate is being stopped.");
                }

                return true;
            },
            CancellationToken.None);
        while (true)
        {
            var next = _parts.Changes.Next;
            if (cluster.Tasks.Values.All(task => task.IsStopped))
            {
                break;
            }

            await cluster.NextAsync(next);
        }

        await cluster.DisposeAsync();
    }
}
