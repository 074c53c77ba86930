using Tidepool.Fargate.Runtimes;
using Tidepool.Fargate.Runtimes.Engine;

namespace Tidepool.Fargate;

/// <summary>What was swept of one environment.</summary>
/// <param name="Folder">The environment's folder.</param>
/// <param name="ProcessesKilled">Processes of containers that still ran.</param>
/// <param name="TasksRemoved">Tasks whose volumes or layers were still there.</param>
/// <param name="Problem">Why the folder could not be removed wholly; null when it was.</param>
public sealed record SweptEnvironment(string Folder, int ProcessesKilled, int TasksRemoved, string? Problem)
{
    /// <summary>Containers that were still in an engine, those that hold networks among them.</summary>
    public int ContainersRemoved { get; init; }

    /// <summary>The row as a person reads it.</summary>
    public override string ToString()
    {
        string[] parts =
        [
            .. Count(ProcessesKilled, "process", "processes"),
            .. Count(ContainersRemoved, "container", "containers"),
            .. Count(TasksRemoved, "task", "tasks"),
        ];
        return $"{Folder}{(parts.Length > 0 ? $" ({string.Join(", ", parts)})" : "")}{(Problem is null ? "" : $"; {Problem}")}";
    }

    private static IEnumerable<string> Count(int number, string one, string many) =>
        number == 0 ? [] : [$"{number} {(number == 1 ? one : many)}"];
}

/// <summary>The environments under one root folder.</summary>
public static class EnvironmentFolders
{
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(5);

    /// <summary>Removes what environments left whose Tidepool is gone: processes, containers, volumes, folders. A live one is never touched.</summary>
    /// <param name="root">Folder whose sub-folders are environments; need not exist. What is no environment there stays.</param>
    /// <param name="engine">An engine to look through for environments of that root whose folders are gone too; null for none.</param>
    /// <param name="clock">Clock of the wait for killed processes.</param>
    /// <param name="ct">Stops between two environments.</param>
    /// <returns>What was done, one row for each environment.</returns>
    public static async Task<IReadOnlyList<SweptEnvironment>> SweepAsync(string root, Uri? engine, TimeProvider clock, CancellationToken ct)
    {
        var swept = new List<SweptEnvironment>();
        foreach (var path in Directory.Exists(root) ? Directory.GetDirectories(root) : [])
        {
            ct.ThrowIfCancellationRequested();
            if (EnvironmentFolder.TryTake(path) is { } folder)
            {
                using (folder)
                {
                    swept.Add(await SweepAsync(folder, clock, ct));
                }
            }
        }

        foreach (var path in engine is null ? [] : await EngineLeftovers.EnvironmentsAsync(engine, ct))
        {
            if (Path.GetDirectoryName(path) == Path.GetFullPath(root) && !Directory.Exists(path))
            {
                var (containers, problem) = await SweepEngineAsync(engine!, path, ct);
                swept.Add(new(path, 0, 0, problem) { ContainersRemoved = containers });
            }
        }

        return swept;
    }

    private static async Task<(int Containers, string? Problem)> SweepEngineAsync(Uri engine, string path, CancellationToken ct)
    {
        try
        {
            return (await EngineLeftovers.SweepAsync(engine, path, ct), null);
        }
        catch (IOException e)
        {
            return (0, $"The container engine at {engine} may still have containers of it: {e.Message}");
        }
    }

    private static async Task<SweptEnvironment> SweepAsync(EnvironmentFolder folder, TimeProvider clock, CancellationToken ct)
    {
        var journal = Path.Combine(folder.Path, EnvironmentFolder.JournalName);
        var containers = 0;
        string? problem = null;
        foreach (var engine in Journal.Engines(journal))
        {
            (containers, problem) = await SweepEngineAsync(engine, folder.Path, ct);
        }

        var killed = Journal.LiveProcesses(journal)
            .Where(process => process.Signal(LinuxCalls.SigKill))
            .ToArray();
        var limit = clock.GetUtcNow() + KillLimit;
        while (killed.Any(process => process.IsAlive) && clock.GetUtcNow() < limit)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), clock, ct);
        }

        var storage = Path.Combine(folder.Path, TaskStorage.TasksName);
        var tasks = Directory.Exists(storage) ? Directory.GetDirectories(storage).Length : 0;
        try
        {
            await folder.RemoveAsync(ct);
            return new(folder.Path, killed.Length, tasks, problem) { ContainersRemoved = containers };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(folder.Path, killed.Length, tasks, e.Message) { ContainersRemoved = containers };
        }
    }
}
