using System.Diagnostics;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Reports;

/// <summary>One call's worth of report.</summary>
internal abstract record ReportItem
{
    /// <summary>Changed records; a record that changes again before they are sent is replaced.</summary>
    /// <param name="Timeline">Null for the job's own timeline.</param>
    public sealed record Records(Guid? Timeline, List<TimelineRecord> Changed) : ReportItem;

    /// <summary>A timeline below a step's record.</summary>
    public sealed record NewTimeline(Guid Id) : ReportItem;

    public sealed record Lines(Guid Step, long StartLine, List<string> Text) : ReportItem;
}

/// <summary>
/// What is to be sent, in the order in which it happened; neighbours of one kind become one call. Nobody waits for the
/// sending: a step starts and ends without it.
/// </summary>
internal sealed class ReportQueue
{
    /// <summary>What the service takes in one call.</summary>
    private const int LinesPerCall = 100;

    /// <summary>A step that wrote so much more than the service has taken waits for it, so that every line is shown. In characters, some 16 MiB.</summary>
    private const int LargestBacklog = 8_000_000;

    /// <summary>What a line takes beside its characters, counted as such.</summary>
    private const int LineItself = 32;

    /// <summary>
    /// But not longer than this, and a twentieth of the time since its job began: live lines are a courtesy, and the log has them all.
    /// A step that prints without end would take several times as long otherwise.
    /// </summary>
    private static readonly TimeSpan WaitsAtLeast = TimeSpan.FromSeconds(0.5);
    private const double ShareOfWaits = 0.05;

    /// <summary>How long after lines were dropped the next ones are taken for more of the same.</summary>
    private static readonly TimeSpan FloodLasts = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly LinkedList<ReportItem> _items = new();
    private readonly ManualResetEventSlim _room = new(initialState: true);
    private readonly long _begun = Stopwatch.GetTimestamp();
    private TimeSpan _waited;
    private long? _droppedAt;
    private int _backlog;

    /// <summary>
    /// Lines come faster than they can be sent, so that some are not: nobody reads them one by one, and sending all that is left at full
    /// speed takes from the step what it needs itself.
    /// </summary>
    public bool IsFlooded
    {
        get
        {
            lock (_gate)
            {
                return _droppedAt is { } at && Stopwatch.GetElapsedTime(at) < FloodLasts;
            }
        }
    }

    /// <summary>Signalled when an item should be sent without delay.</summary>
    public SemaphoreSlim Urgent { get; } = new(0);

    /// <param name="timeline">Null for the job's own.</param>
    public void Add(TimelineRecord record, Guid? timeline = null)
    {
        lock (_gate)
        {
            if (_items.Last?.Value is ReportItem.Records { Changed: var changed } last && last.Timeline == timeline)
            {
                changed.RemoveAll(other => other.Id == record.Id);
                changed.Add(record);
            }
            else
            {
                _items.AddLast(new ReportItem.Records(timeline, [record]));
            }
        }
        Urgent.Release();
    }

    /// <summary>Makes a timeline, before any record that is added to it later.</summary>
    public void AddTimeline(Guid id)
    {
        lock (_gate)
        {
            _items.AddLast(new ReportItem.NewTimeline(id));
        }
    }

    /// <summary>Adds a live line; waits while the backlog is at its longest. One thread at a time adds lines.</summary>
    public void Add(Guid step, long number, string line)
    {
        var isRoom = _room.IsSet || WaitForRoom();
        lock (_gate)
        {
            if (!isRoom)
            {
                DropOldest();
            }

            if (_items.Last?.Value is ReportItem.Lines { Text: var text } last && last.Step == step && text.Count < LinesPerCall)
            {
                text.Add(line);
            }
            else
            {
                _items.AddLast(new ReportItem.Lines(step, number, [line]));
            }
            _backlog += WeightOf(line);
            MakeKnown();
        }
        if (number == 1)
        {
            Urgent.Release();
        }
    }

    /// <summary>Takes the oldest item; null when there is none.</summary>
    public ReportItem? Take()
    {
        lock (_gate)
        {
            if (_items.First is not { Value: var item })
            {
                return null;
            }
            _items.RemoveFirst();
            _backlog -= item is ReportItem.Lines { Text: var text } ? text.Sum(WeightOf) : 0;
            MakeKnown();
            return item;
        }
    }

    /// <summary>False when there is none and the time to wait for it is used up.</summary>
    private bool WaitForRoom()
    {
        var left = WaitsAtLeast + (ShareOfWaits * Stopwatch.GetElapsedTime(_begun)) - _waited;
        if (left <= TimeSpan.Zero)
        {
            return false;
        }
        var from = Stopwatch.GetTimestamp();
        var isRoom = _room.Wait(left);
        _waited += Stopwatch.GetElapsedTime(from);
        return isRoom;
    }

    private static int WeightOf(string line) => line.Length + LineItself;

    private void MakeKnown()
    {
        if (_backlog < LargestBacklog)
        {
            _room.Set();
        }
        else
        {
            _room.Reset();
        }
    }

    /// <summary>Makes room for as many lines again, so that what comes next does not wait at once.</summary>
    private void DropOldest()
    {
        _droppedAt = Stopwatch.GetTimestamp();
        for (var node = _items.First; _backlog > LargestBacklog / 2 && node is not null;)
        {
            var next = node.Next;
            if (node.Value is ReportItem.Lines { Text: var text })
            {
                _items.Remove(node);
                _backlog -= text.Sum(WeightOf);
            }
            node = next;
        }
    }
}
