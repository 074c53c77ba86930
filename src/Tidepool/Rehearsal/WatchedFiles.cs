namespace Tidepool.Rehearsal;

/// <summary>Waits for files in folders to change. What git keeps for itself does not count.</summary>
internal sealed class WatchedFiles : IDisposable
{
    // An editor writes a file in several steps, and a checkout writes many.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    private readonly SemaphoreSlim _changed = new(0);
    private readonly List<FileSystemWatcher> _watchers = [];
    private readonly TimeProvider _clock;

    /// <summary>Begins to watch.</summary>
    /// <exception cref="ProblemException">REHEARSAL008: a folder cannot be watched.</exception>
    public WatchedFiles(IEnumerable<string> folders, TimeProvider clock)
    {
        _clock = clock;
        try
        {
            foreach (var folder in folders)
            {
                var watcher = new FileSystemWatcher(folder)
                {
                    IncludeSubdirectories = true,
                    NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite,
                };
                _watchers.Add(watcher);
                watcher.Changed += Hear;
                watcher.Created += Hear;
                watcher.Deleted += Hear;
                watcher.Renamed += Hear;

                // It lost count: something has changed.
                watcher.Error += (_, _) => _changed.Release();
                watcher.EnableRaisingEvents = true;
            }
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            Dispose();
            throw new ProblemException("REHEARSAL008", $"The pipeline's files cannot be watched: {e.Message}", "Let fs.inotify.max_user_watches be larger, or leave --watch out.");
        }
    }

    /// <summary>Completes when something has changed since the last time, and nothing has for 200 ms.</summary>
    public async Task ChangeAsync(CancellationToken ct)
    {
        await _changed.WaitAsync(ct);
        do
        {
            while (_changed.Wait(0, CancellationToken.None))
            {
                // All of one change.
            }

            await Task.Delay(Quiet, _clock, ct);
        }
        while (_changed.CurrentCount > 0);
    }

    public void Dispose()
    {
        foreach (var watcher in _watchers)
        {
            watcher.Dispose();
        }
    }

    private void Hear(object sender, FileSystemEventArgs change)
    {
        if (change.Name is null || !change.Name.Split('/').Contains(".git"))
        {
            _changed.Release();
        }
    }
}
