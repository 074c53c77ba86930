using System.Runtime.CompilerServices;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>The events of a run, kept, so that each reader gets all of them.</summary>
internal sealed class RunEventLog
{
    private readonly Lock gate = new();
    private readonly List<RunEvent> events = [];
    private TaskCompletionSource changed = NewSignal();
    private bool closed;

    public void Add(RunEvent happened) => Change(() => events.Add(happened));

    /// <summary>No more events will come.</summary>
    public void Close() => Change(() => closed = true);

    public async IAsyncEnumerable<RunEvent> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        for (var next = 0; ;)
        {
            RunEvent[] fresh;
            Task more;
            bool last;
            lock (gate)
            {
                (fresh, more, last) = ([.. events.Skip(next)], changed.Task, closed);
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
        lock (gate)
        {
            change();
            (signal, changed) = (changed, NewSignal());
        }

        signal.SetResult();
    }
}
