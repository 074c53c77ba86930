using System.Collections.Concurrent;
using Tidepool.Fargate.Runtimes;
using Tidepool.Tasks;

namespace Tidepool.Fargate;

/// <summary>Fargate on this machine: clusters, services, tasks and their volumes, with the operations of the ECS API.</summary>
/// <remarks>Operations throw <see cref="EcsException"/> with the API's own words where AWS would refuse.</remarks>
public sealed partial class LocalFargate : IAsyncDisposable
{
    private readonly EnvironmentFolder _folder;
    private readonly FargateParts _parts;
    private readonly ConcurrentDictionary<string, ClusterLoop> _clusters;
    private readonly ConcurrentDictionary<string, TaskDefinition[]> _definitions = new();
    private readonly Lock _registering = new();
    private Task? _stopped;

    private LocalFargate(EnvironmentFolder folder, FargateParts parts, ConcurrentDictionary<string, ClusterLoop> clusters) =>
        (_folder, _parts, _clusters) = (folder, parts, clusters);

    /// <summary>What containers run in here, and what that leaves out.</summary>
    public RuntimeFacts Runtime => _parts.Sandbox.Mode.Facts;

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
            AgentBinary = Path.GetFullPath(options.AgentBinary),
        };
        var mode = await SandboxProbe.FindAsync(Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin", ct);
        LinuxCalls.CloseDescriptorsOnExec();
        var folder = EnvironmentFolder.Open(options.EnvironmentFolder);
        Sandbox? sandbox = null;
        Journal? journal = null;
        var ready = false;
        try
        {
            var changes = new StateChangeLog();
            var notices = new NoticeBoard(changes, clock);
            var storage = new TaskStorage(options.EnvironmentFolder, mode);
            Prepare(storage, options);
            journal = Journal.Create(
                Path.Combine(options.EnvironmentFolder, EnvironmentFolder.JournalName), reason => notices.Report("JOURNAL_LOST", reason));
            sandbox = new(mode, clock);
            var clusters = new ConcurrentDictionary<string, ClusterLoop>();
            var parts = new FargateParts
            {
                Options = options,
                Clock = clock,
                Arns = new(options.Region, options.AccountId),
                Sandbox = sandbox,
                Storage = storage,
                Journal = journal,
                Changes = changes,
                Notices = notices,
                Metadata = await MetadataEndpoint.StartAsync(
                    arn => clusters.Values.Select(cluster => cluster.Tasks.GetValueOrDefault(arn)).OfType<TaskLife>().FirstOrDefault() is { } life
                        ? MetadataDocument.Of(life, storage.UtilizedMiB(life.Task.TaskId))
                        : null,
                    new(arn => clusters.Values.FirstOrDefault(cluster => cluster.Tasks.ContainsKey(arn))),
                    ct),
            };
            ready = true;
            return new(folder, parts, clusters);
        }
        finally
        {
            if (!ready)
            {
                sandbox?.Dispose();
                journal?.Dispose();
                await folder.RemoveAsync(CancellationToken.None);
                folder.Dispose();
            }
        }
    }

    /// <summary>Registers a task definition; its revision is the next of its family.</summary>
    /// <exception cref="EcsException">The first of Fargate's refusals.</exception>
    /// <exception cref="ProblemException">Valid on Fargate, and something that this local Fargate does not do.</exception>
    public Task<TaskDefinition> RegisterTaskDefinitionAsync(RegisterTaskDefinitionRequest request, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var violations = TaskDefinitionRules.Violations(request);
        if (request.RequiresCompatibilities.Contains("FARGATE") && violations is [var first, ..])
        {
            throw first.ToEcsException();
        }

        if (LocalLimits.Of(request, _parts.Options.RefuseUnknownImages, _parts.Sandbox.Mode.Users) is [var limit, ..])
        {
            throw new ProblemException(limit);
        }

        lock (_registering)
        {
            var earlier = _definitions.GetValueOrDefault(request.Family, []);
            var definition = new TaskDefinition(request, _parts.Arns.TaskDefinition(request.Family, earlier.Length + 1), earlier.Length + 1)
            {
                RegisteredAt = _parts.Clock.GetUtcNow(),
                Compatibilities = violations.Count == 0 ? ["EC2", "FARGATE"] : ["EC2"],
            };
            _definitions[request.Family] = [.. earlier, definition];
            return Task.FromResult(definition);
        }
    }

    /// <summary>Makes a cluster; one that is there is answered as it is.</summary>
    public Task<EcsCluster> CreateClusterAsync(string name, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_stopped is not null, this);
        return Task.FromResult(_clusters.GetOrAdd(name, added => new(_parts, added)).Cluster);
    }

    /// <summary>Stops all tasks as a scheduler does, with the time that <c>stopTimeout</c> gives, and removes the environment.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    /// <summary>Stops all tasks and removes the environment.</summary>
    /// <param name="hurry">Once cancelled, processes that still run are killed at once.</param>
    public Task StopAsync(CancellationToken hurry)
    {
        lock (_registering)
        {
            return _stopped ??= StopOnceAsync(hurry);
        }
    }

    private static void Prepare(TaskStorage storage, FargateOptions options)
    {
        try
        {
            storage.Prepare(ImageDescription.Agent);
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
        _parts.Sandbox.Dispose();
        _parts.Journal.Dispose();
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
