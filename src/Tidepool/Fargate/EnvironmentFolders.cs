using Tidepool.Fargate.Runtimes;

namespace Tidepool.Fargate;

/// <summary>What was swept of one environment.</summary>
/// <param name="Folder">The environment's folder.</param>
/// <param name="ProcessesKilled">Processes of containers that still ran.</param>
/// <param name="TasksRemoved">Tasks whose volumes or layers were still there.</param>
/// <param name="Problem">Why the folder could not be removed wholly; null when it was.</param>
public sealed record SweptEnvironment(string Folder, int ProcessesKilled, int TasksRemoved, string? Problem);

/// <summary>The environments under one root folder.</summary>
public static class EnvironmentFolders
{
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(5);

    /// <summary>Removes what environments left whose Tidepool is gone: processes, volumes, folders. A live one is never touched.</summary>
    /// <param name="root">Folder whose sub-folders are environments; need not exist. What is no environment there stays.</param>
    /// <param name="clock">Clock of the wait for killed processes.</param>
    /// <param name="ct">Stops between two environments.</param>
    /// <returns>What was done, one row for each environment.</returns>
    public static async Task<IReadOnlyList<SweptEnvironment>> SweepAsync(string root, TimeProvider clock, CancellationToken ct)
    {
        var swept = new List<SweptEnvironment>();
        if (!Directory.Exists(root))
        {
            return swept;
        }

        foreach (var path in Directory.GetDirectories(root))
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

        return swept;
    }

    private static async Task<SweptEnvironment> SweepAsync(EnvironmentFolder folder, TimeProvider clock, CancellationToken ct)
    {
        var killed = Journal.LiveProcesses(Path.Combine(folder.Path, EnvironmentFolder.JournalName))
            .Where(process => process.Signal(LinuxCalls.SigKill))
            .ToArray();
        var limit = clock.GetUtcNow() + KillLimit;
        while (killed.Any(process => process.IsAlive) && clock.GetUtcNow() < limit)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), clock, ct);
        }

        var tasks = new[] { "volumes", "layers" }
            .Select(name => Path.Combine(folder.Path, name))
            .Where(Directory.Exists)
            .SelectMany(Directory.GetDirectories)
            .Select(Path.GetFileName)
            .Distinct()
            .Count();
        try
        {
            await folder.RemoveAsync(ct);
            return new(folder.Path, killed.Length, tasks, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(folder.Path, killed.Length, tasks, e.Message);
        }
    }
}
