using System.Collections.Concurrent;
using Tidepool.Deployment.Aws;
using Tidepool.Storage.Probes;

namespace Tidepool.Deployment.Verification;

/// <summary>What a verification has made, so that all of it goes again, however it ends.</summary>
internal sealed class Belongings(EcsClient ecs, LogsClient logs, IProbeVolumes? volumes, TimeProvider clock)
{
    private const int DefinitionsACall = 10;

    private readonly ConcurrentDictionary<string, string> _definitions = new();
    private readonly ConcurrentDictionary<string, string> _tasks = new();
    private readonly ConcurrentDictionary<string, string> _services = new();
    private readonly ConcurrentDictionary<string, string> _ofEbs = new();
    private readonly ConcurrentDictionary<string, string> _files = new();

    /// <summary>The cluster that tasks run in.</summary>
    public string Cluster { get; set; } = "";

    /// <summary>Whether the cluster was made for them.</summary>
    public bool HasCluster { get; set; }

    /// <summary>The log group, once it was made.</summary>
    public string? LogGroup { get; set; }

    public void AddDefinition(string arn) => _definitions[arn] = arn;

    public void AddTask(string arn) => _tasks[arn] = arn;

    public void AddService(string name) => _services[name] = name;

    /// <summary>A volume that its task leaves, or a snapshot.</summary>
    public void AddOfEbs(string id) => _ofEbs[id] = id;

    /// <summary>Files that only a task could remove, and none did.</summary>
    public void AddFiles(string what) => _files[what] = what;

    /// <summary>A task has stopped.</summary>
    public void ForgetTask(string arn) => _tasks.TryRemove(arn, out _);

    /// <summary>A service was deleted.</summary>
    public void ForgetService(string name) => _services.TryRemove(name, out _);

    /// <summary>Removes everything.</summary>
    /// <param name="poll">Time between two looks at tasks that stop.</param>
    /// <param name="ct">Ends the waits; what was not reached then is in the answer.</param>
    /// <returns>What is left, each in a few words with its reason.</returns>
    public async Task<IReadOnlyList<string>> RemoveAsync(TimeSpan poll, CancellationToken ct)
    {
        var left = new List<string>();
        foreach (var service in _services.Keys)
        {
            await TryAsync($"service {service} in cluster {Cluster}", () => ecs.DeleteServiceAsync(Cluster, service, ct));
        }

        foreach (var task in _tasks.Keys)
        {
            await TryAsync($"task {task}", () => ecs.StopTaskAsync(Cluster, task, "The verification of storage has ended.", ct));
        }

        await TryAsync($"tasks {string.Join(", ", _tasks.Keys)}", () => StoppedAsync(poll, ct));
        foreach (var id in _ofEbs.Keys)
        {
            await TryAsync($"EBS {(id.StartsWith("snap-", StringComparison.Ordinal) ? "snapshot" : "volume")} {id}", () => volumes is null
                ? throw new ProblemException("VERIFY007", "nobody here can remove it", "Remove it by hand.")
                : volumes.RemoveAsync(id, ct));
        }

        left.AddRange(_files.Keys.Select(what => $"{what}: the probe that wrote them did not come to its end"));
        foreach (var definition in _definitions.Keys)
        {
            await TryAsync($"task definition {definition}", () => ecs.DeregisterAsync(definition, ct));
        }

        foreach (var some in _definitions.Keys.Chunk(DefinitionsACall))
        {
            await TryAsync($"task definitions {string.Join(", ", some)} (INACTIVE)", () => ecs.DeleteTaskDefinitionsAsync(some, ct));
        }

        if (HasCluster)
        {
            await TryAsync($"cluster {Cluster}", async () =>
            {
                while (!await ecs.TryDeleteClusterAsync(Cluster, ct))
                {
                    await Task.Delay(poll, clock, ct);
                }
            });
        }

        if (LogGroup is { } group)
        {
            await TryAsync($"log group {group}", () => logs.DeleteGroupAsync(group, ct));
        }

        return left;

        async Task TryAsync(string what, Func<Task> remove)
        {
            try
            {
                await remove();
            }
            catch (ProblemException e)
            {
                left.Add($"{what}: {e.Problem.What}");
            }
            catch (OperationCanceledException)
            {
                left.Add($"{what}: there was no more time");
            }
        }
    }

    // A probe that was cut short has not told of the volume that its task leaves.
    private void NoteVolume(EcsTask task)
    {
        foreach (var details in (task.Attachments ?? []).Select(attachment => attachment.Details ?? []))
        {
            string? Detail(string name) => details.FirstOrDefault(detail => detail.Name == name)?.Value;
            if (Detail("deleteOnTermination") is "false" && Detail("volumeId") is { } id)
            {
                AddOfEbs(id);
            }
        }
    }

    private async Task StoppedAsync(TimeSpan poll, CancellationToken ct)
    {
        while (!_tasks.IsEmpty)
        {
            var asked = _tasks.Keys.ToArray();
            var found = await ecs.DescribeTasksAsync(Cluster, asked, ct);
            foreach (var task in found)
            {
                NoteVolume(task);
            }

            foreach (var gone in asked.Where(arn => found.FirstOrDefault(task => task.TaskArn == arn) is null or { LastStatus: "STOPPED" }))
            {
                ForgetTask(gone);
            }

            if (!_tasks.IsEmpty)
            {
                await Task.Delay(poll, clock, ct);
            }
        }
    }
}
