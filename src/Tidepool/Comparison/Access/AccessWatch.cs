using Microsoft.Win32.SafeHandles;
using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes;

namespace Tidepool.Comparison.Access;

/// <summary>
/// Watches what the containers of tasks do with the files of their shared volume: each container's own mount of it, so that whoever else looks
/// into the volume does not count, and the container is known even of a process that is gone.
/// </summary>
/// <remarks>
/// Who opens a file waits until its process has been looked at; the kernel lets all go on when this process ends, in whatever way.
/// What a folder lists, and whether a file is there, are no accesses to a file and are not seen. Nor is what a process does in a mount namespace
/// that it made inside of the container.
/// </remarks>
internal sealed class AccessWatch : IDisposable
{
    // Poll of groups that may have become more, in milliseconds.
    private const int Patience = 20;

    private readonly Lock _gate = new();
    private readonly List<Watched> _watched = [];
    private readonly List<WatchedFolder> _folders = [];
    private readonly List<TaskCompletionSource> _drains = [];
    private readonly AccessNotes _notes;
    private readonly string _sharedPath;
    private readonly Thread _thread;
    private volatile bool _ended;

    /// <param name="sharedPath">Where containers have the volume.</param>
    /// <param name="clock">The time.</param>
    public AccessWatch(string sharedPath, TimeProvider clock)
    {
        _sharedPath = sharedPath;
        _notes = new(sharedPath, clock);
        _thread = new(Follow, 256 * 1024) { Name = "file accesses", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Watches a container's mount from now on; again, where it was restarted with another process.</summary>
    /// <param name="taskId">Id of the task.</param>
    /// <param name="container">Name of the container.</param>
    /// <param name="pid">Its first process.</param>
    /// <param name="volume">The volume.</param>
    /// <exception cref="IOException">It cannot be watched; holds why.</exception>
    public void Attach(string taskId, string container, int pid, VolumeFacts volume)
    {
        lock (_gate)
        {
            if (_ended || _watched.Any(one => one.TaskId == taskId && one.Container == container && one.Pid == pid))
            {
                return;
            }
        }

        // Into the container's own mount namespace.
        var path = $"/proc/{pid}/root{_sharedPath}";
        var there = LinuxCalls.Describe(path, follow: true);
        if ((there.Device, there.Inode) != (volume.Device, volume.Inode))
        {
            throw new IOException($"process {pid} is none of container {container}: the container engine counts processes in another namespace");
        }

        var group = AccessCalls.Open();
        try
        {
            AccessCalls.WatchMount(group, path);
        }
        catch
        {
            group.Dispose();
            throw;
        }

        lock (_gate)
        {
            _watched.Add(new(group, taskId, container, pid));
        }

        _notes.Has(volume.HostPath);
    }

    /// <summary>Watches the volume's folder from now on, for who may not watch mounts: jobs are then told by when they ran.</summary>
    /// <param name="taskId">Id of a task that has the volume.</param>
    /// <param name="volume">The volume.</param>
    /// <exception cref="IOException">It cannot be watched; holds why.</exception>
    public void Attach(string taskId, VolumeFacts volume)
    {
        lock (_gate)
        {
            if (_folders.Find(one => one.Folder == volume.HostPath) is not { } known)
            {
                _folders.Add(known = new(new(volume.HostPath), volume.HostPath));
            }

            // Read without the lock.
            known.TaskIds = [.. known.TaskIds.Union([taskId])];
        }

        _notes.Has(volume.HostPath);
    }

    /// <summary>Says that a job has ended.</summary>
    public void Finish(JobKey job, DateTimeOffset at) => _notes.Finish(job, at);

    /// <summary>Says that a container has got a job: what it does is that job's from now on.</summary>
    public void Assign(string taskId, string container, JobKey job, DateTimeOffset at) => _notes.Assign(taskId, container, job, at);

    /// <summary>All that was seen since the last time, once every access until now has been read.</summary>
    public async Task<SeenAccesses> TakeAsync(CancellationToken ct)
    {
        await DrainAsync(ct);
        return _notes.Take();
    }

    /// <summary>Waits until every access until now has been read: what comes later is then not taken for it.</summary>
    public async Task DrainAsync(CancellationToken ct)
    {
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _drains.Add(drained);
        }

        await drained.Task.WaitAsync(ct);
    }

    /// <summary>Ends all watches.</summary>
    public void Dispose()
    {
        _ended = true;
        _thread.Join();
        foreach (var one in _watched)
        {
            one.Group.Dispose();
        }

        foreach (var one in _folders)
        {
            one.Watch.Dispose();
        }
    }

    private void Follow()
    {
        var buffer = new byte[64 * 1024];
        var events = new List<FileAccessEvent>();
        while (!_ended)
        {
            Watched[] watched;
            WatchedFolder[] folders;
            TaskCompletionSource[] drains;
            lock (_gate)
            {
                // Before the reading: what happened before it was asked is there by then.
                (watched, folders, drains) = ([.. _watched], [.. _folders], [.. _drains]);
                _drains.Clear();
            }

            AccessCalls.Wait([.. watched.Select(one => one.Group), .. folders.Select(one => one.Watch.Group)], drains.Length > 0 ? 0 : Patience);
            foreach (var one in watched)
            {
                do
                {
                    events.Clear();
                    AccessCalls.ReadInto(one.Group, buffer, events);
                    events.ForEach(seen => See(one, seen));
                }
                while (events.Count > 0 && !_ended);
            }

            foreach (var one in folders)
            {
                while (one.Watch.Read(buffer, (path, mask) => See(one, path, mask)) && !_ended)
                {
                    // Until there is no more.
                }
            }

            foreach (var drain in drains)
            {
                drain.SetResult();
            }
        }
    }

    private void See(Watched one, FileAccessEvent seen)
    {
        if (seen.Descriptor < 0)
        {
            return;
        }

        try
        {
            if ((seen.Mask & AccessCalls.AsksToOpen) != 0)
            {
                // It waits, so that it is still there to be asked whose it is.
                _notes.Meet(seen.Pid);
                AccessCalls.LetOpen(one.Group, seen.Descriptor);
                return;
            }

            var link = $"/proc/self/fd/{seen.Descriptor}";
            if (File.ResolveLinkTarget(link, returnFinalTarget: false) is { } target)
            {
                _notes.Add(one.TaskId, one.Container, seen, target.FullName, LinuxCalls.Describe(link, follow: true));
            }
        }
        catch (IOException)
        {
            // Gone between the access and now, on a file system that keeps nothing of what is gone.
        }
        finally
        {
            AccessCalls.Close(seen.Descriptor);
        }
    }

    private void See(WatchedFolder one, string path, ulong mask)
    {
        try
        {
            _notes.Add(one.TaskIds, mask, _sharedPath + path[one.Folder.Length..], LinuxCalls.Describe(path));
        }
        catch (IOException)
        {
            // Removed or renamed meanwhile; under its new name it is told again.
        }
    }

    private sealed record WatchedFolder(FolderWatch Watch, string Folder)
    {
        public IReadOnlyList<string> TaskIds { get; set; } = [];
    }

    private sealed record Watched(SafeFileHandle Group, string TaskId, string Container, int Pid);
}
