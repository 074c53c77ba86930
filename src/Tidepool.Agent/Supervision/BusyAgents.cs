namespace Tidepool.Agent.Supervision;

/// <summary>
/// Which agents of one task run a job, as files in a folder that they share. An agent that runs a job holds a lock on a file of its
/// own; the kernel lets go of it when its process is gone, however that went, so a dead agent counts as idle.
/// </summary>
/// <remarks>
/// The locks are flock's, which FileStream takes for <see cref="FileShare.None"/>. On EFS the NFS server keeps them, and lets go of a
/// dead client's when its lease ends. A job runs as the same user and could hold a lock or remove the folder: at worst the task is
/// protected for longer, or is not for some minutes.
/// </remarks>
internal sealed class BusyAgents(string folder, string agent, TimeProvider clock) : IDisposable
{
    private const string Prefix = "busy-";

    /// <summary>EWOULDBLOCK, on Linux and as .NET hands it on: another open file holds the lock.</summary>
    private const int HeldByAnother = 11;

    private static readonly TimeSpan TurnLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(20);

    private FileStream? _mine;

    /// <summary>The folder of a task on a volume that its containers share. Its name holds the task, for a volume may be shared by many.</summary>
    public static string FolderOf(string volume, string taskId) => Path.Combine(volume, ".tidepool", $"task-{taskId}");

    /// <summary>
    /// Waits for the one turn that the agents of the task have between them: who changes and asks without it could act on what is past.
    /// Null when another one keeps it, for 5 s at most. A process that is being forked may keep it for a moment too: it has a copy of
    /// every open file until it executes its program.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be used.</exception>
    public async Task<IDisposable?> TakeTurnAsync(CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        var start = clock.GetTimestamp();
        while (true)
        {
            if (TryHold(Path.Combine(folder, "turn"), FileMode.OpenOrCreate) is { } turn)
            {
                return turn;
            }
            if (clock.GetElapsedTime(start) >= TurnLimit)
            {
                return null;
            }
            await Task.Delay(TryAgainAfter, clock, ct);
        }
    }

    /// <summary>This agent runs a job from now on. Says so anew where someone removed the file.</summary>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be used.</exception>
    public void Enter()
    {
        if (_mine is not null && File.Exists(_mine.Name))
        {
            return;
        }
        _mine?.Dispose();
        _mine = null;
        Directory.CreateDirectory(folder);
        while (_mine is null)
        {
            // One that is taken for dead in the moment before its lock stands is removed, and is made anew.
            _mine = TryHold(Path.Combine(folder, $"{Prefix}{FileName(agent)}-{Guid.NewGuid():N}"), FileMode.CreateNew);
        }
    }

    /// <summary>This agent is idle. Never fails: without its lock a file that stays counts for nothing.</summary>
    public void Leave()
    {
        if (_mine is not { } mine)
        {
            return;
        }
        _mine = null;
        try
        {
            File.Delete(mine.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next agent that looks removes it.
        }
        mine.Dispose();
    }

    /// <summary>Whether any other agent of the task runs a job. Only in turn: it removes what dead ones left.</summary>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be used.</exception>
    public bool OthersAreBusy()
    {
        var busy = false;
        foreach (var file in Directory.GetFiles(folder, $"{Prefix}*").Where(file => file != _mine?.Name))
        {
            using var dead = TryHold(file, FileMode.Open);
            if (dead is not null)
            {
                File.Delete(file);
            }
            busy |= dead is null && File.Exists(file);
        }
        return busy;
    }

    public void Dispose() => Leave();

    /// <summary>Opens a file and locks it; null when another holds it, or when it is gone.</summary>
    private static FileStream? TryHold(string path, FileMode mode)
    {
        try
        {
            return new(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (FileNotFoundException) when (mode == FileMode.Open)
        {
            return null;
        }
        catch (IOException e) when (e.HResult == HeldByAnother)
        {
            return null;
        }
    }

    private static string FileName(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'));
}
