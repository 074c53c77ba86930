using System.Runtime.CompilerServices;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>The events of a run, kept, so that each reader gets all of them.</summary>
internal sealed class RunEventLog
{
    private readonly Lock _gate = new();
    private readonly List<RunEvent> _events = [];
    private TaskCompletionSource _changed = NewSignal();
    private bool _closed;

    public void Add(RunEvent happened) => Change(() => _events.Add(happened));

    /// <summary>No more events will come.</summary>
    public void Close() => Change(() => _closed = true);

    public async IAsyncEnumerable<RunEvent> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        for (var next = 0; ;)
        {
            RunEvent[] fresh;
            Task more;
            bool last;
            lock (_gate)
            {
                (fresh, more, last) = ([.. _events.Skip(next)], _changed.Task, _closed);
            }

            foreach (var happened in fresh)
            {
                yield return happened;
            }

            next += fresh.Length;
            if (last)
            {
                yield break;
            }

            await more.WaitAsync(ct);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Change(Action change)
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            change();
            (signal, _changed) = (_changed, NewSignal());
        }

        signal.SetResult();
    }
}
