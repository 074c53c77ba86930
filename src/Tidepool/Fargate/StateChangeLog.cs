using System.Runtime.CompilerServices;

namespace Tidepool.Fargate;

/// <summary>All state changes from the beginning, for any number of readers, and the signal that something changed.</summary>
internal sealed class StateChangeLog
{
    private readonly Lock _gate = new();
    private readonly List<TaskStateChange> _changes = [];
    private TaskCompletionSource _next = New();
    private bool _complete;

    /// <summary>Ends with the next change; take it before looking at what may change.</summary>
    public Task Next
    {
        get
        {
            lock (_gate)
            {
                return _next.Task;
            }
        }
    }

    public void Add(IEnumerable<TaskStateChange> changes)
    {
        lock (_gate)
        {
            _changes.AddRange(changes);
        }

        Pulse();
    }

    /// <summary>Wakes those who wait, for a change that is no task's.</summary>
    public void Pulse()
    {
        TaskCompletionSource passed;
        lock (_gate)
        {
            (passed, _next) = (_next, New());
        }

        passed.SetResult();
    }

    /// <summary>No change comes any more.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _complete = true;
        }

        Pulse();
    }

    public async IAsyncEnumerable<TaskStateChange> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        for (var read = 0; ;)
        {
            TaskStateChange[] unread;
            Task next;
            bool complete;
            lock (_gate)
            {
                (unread, next, complete) = ([.. _changes.Skip(read)], _next.Task, _complete);
            }

            read += unread.Length;
            foreach (var change in unread)
            {
                yield return change;
            }

            if (complete)
            {
                yield break;
            }

            await next.WaitAsync(ct);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
