using Microsoft.Win32.SafeHandles;
using Tidepool.Fargate;
using Tidepool.Fargate.Runtimes;

namespace Tidepool.Comparison.Access;

/// <summary>
/// Watches what the containers of tasks do with the files of their shared volume: each container's own mount of it, so that whoever else looks
/// into the volume does not count, and the container is known even of a process that is gone.
/// </summary>
/// <remarks>
/// What a folder lists, and whether a file is there, are no accesses to a file and are not seen. Nor is what a process does in a mount namespace
/// that it made inside of the container.
/// </remarks>
internal sealed class AccessWatch : IDisposable
{
    // Poll of groups that may have become more, in milliseconds.
    private const int Patience = 20;

    private readonly Lock _gate = new();
    private readonly List<Watched> _watched = [];
    private readonly List<TaskCompletionSource> _drains = [];
    private readonly AccessNotes _notes;
    private readonly string _sharedPath;
    private readonly Thread _thread;
    private volatile bool _ended;

    /// <param name="sharedPath">Where containers have the volume.</param>
    public AccessWatch(string sharedPath)
    {
        _sharedPath = sharedPath;
        _notes = new(sharedPath);
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

    /// <summary>Says that a container has got a job: what it does is that job's from now on.</summary>
    public void Assign(string taskId, string container, JobKey job) => _notes.Assign(taskId, container, job);

    /// <summary>All that was seen since the last time, once every access until now has been read.</summary>
    public async Task<SeenAccesses> TakeAsync(CancellationToken ct)
    {
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _drains.Add(drained);
        }

        await drained.Task.WaitAsync(ct);
        return _notes.Take();
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
    }

    private void Follow()
    {
        var buffer = new byte[64 * 1024];
        var events = new List<FileAccessEvent>();
        while (!_ended)
        {
            Watched[] watched;
            TaskCompletionSource[] drains;
            lock (_gate)
            {
                // Before the reading: what happened before it was asked is there by then.
                (watched, drains) = ([.. _watched], [.. _drains]);
                _drains.Clear();
            }

            AccessCalls.Wait([.. watched.Select(one => one.Group)], drains.Length > 0 ? 0 : Patience);
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

    private sealed record Watched(SafeFileHandle Group, string TaskId, string Container, int Pid);
}
