using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Reports;

/// <summary>One call's worth of report.</summary>
internal abstract record ReportItem
{
    /// <summary>Changed records; a record that changes again before they are sent is replaced.</summary>
    public sealed record Records(List<TimelineRecord> Changed) : ReportItem;

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

    /// <summary>Live lines are a courtesy, the log has them all: beyond this the oldest go unsent.</summary>
    private const int LongestBacklog = 5000;

    private readonly Lock _gate = new();
    private readonly LinkedList<ReportItem> _items = new();
    private int _lines;

    /// <summary>Signalled when an item should be sent without delay.</summary>
    public SemaphoreSlim Urgent { get; } = new(0);

    public void Add(TimelineRecord record)
    {
        lock (_gate)
        {
            if (_items.Last?.Value is ReportItem.Records { Changed: var changed })
            {
                changed.RemoveAll(other => other.Id == record.Id);
                changed.Add(record);
            }
            else
            {
                _items.AddLast(new ReportItem.Records([record]));
            }
        }
        Urgent.Release();
    }

    public void Add(Guid step, long number, string line)
    {
        lock (_gate)
        {
            if (_items.Last?.Value is ReportItem.Lines { Text: var text } last && last.Step == step && text.Count < LinesPerCall)
            {
                text.Add(line);
            }
            else
            {
                _items.AddLast(new ReportItem.Lines(step, number, [line]));
            }
            _lines++;
            DropOldest();
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
            _lines -= item is ReportItem.Lines { Text.Count: var count } ? count : 0;
            return item;
        }
    }

    private void DropOldest()
    {
        for (var node = _items.First; _lines > LongestBacklog && node is not null;)
        {
            var next = node.Next;
            if (node.Value is ReportItem.Lines { Text.Count: var count })
            {
                _items.Remove(node);
                _lines -= count;
            }
            node = next;
        }
    }
}
