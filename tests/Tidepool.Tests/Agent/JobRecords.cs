using System.Collections.Concurrent;
using System.Text;
using Tidepool.AgentProtocol;

namespace Tidepool.Tests.Agent;

/// <summary>The timelines of jobs, and the logs of their records, as the agent sent them.</summary>
internal sealed class JobRecords
{
    private readonly ConcurrentDictionary<Guid, Dictionary<Guid, TimelineRecord>> _timelines = new();
    private readonly ConcurrentDictionary<int, (Guid Record, MemoryStream Text)> _logs = new();

    public long LiveLines { get; private set; }

    /// <summary>What is known of a job now.</summary>
    public JobOutcome Outcome(AgentJobRequestMessage job, string result)
    {
        lock (_timelines)
        {
            return new(
                result,
                [.. _timelines.Values.SelectMany(records => records.Values).Where(record => record.ParentId == job.JobId).OrderBy(record => record.Order)],
                record => LogOf(record.Id));
        }
    }

    public IReadOnlyList<TimelineRecord> Timeline(Guid id)
    {
        lock (_timelines)
        {
            return [.. _timelines[id].Values];
        }
    }

    public object Update(Guid timeline, Collection<TimelineRecord> changed)
    {
        lock (_timelines)
        {
            var records = _timelines.GetOrAdd(timeline, _ => []);
            foreach (var record in changed.Value)
            {
                var before = records.GetValueOrDefault(record.Id);
                records[record.Id] = record with { Details = record.Details ?? before?.Details, Variables = record.Variables ?? before?.Variables };
            }
        }
        return changed;
    }

    public object Count(TimelineRecordFeedLines lines)
    {
        LiveLines += lines.Value.Count;
        return lines;
    }

    public object AddLog(TaskLog log)
    {
        var id = _logs.Count + 1;
        _logs[id] = (Guid.Parse(log.Path!.Split('\\')[^1]), new());
        return log with { Id = id };
    }

    public object Append(int log, byte[] text)
    {
        lock (_logs[log].Text)
        {
            _logs[log].Text.Write(text);
        }
        return new { };
    }

    private IReadOnlyList<string> LogOf(Guid record)
    {
        using var text = new MemoryStream();
        foreach (var (_, log) in _logs.OrderBy(log => log.Key).Where(log => log.Value.Record == record))
        {
            lock (log.Text)
            {
                text.Write(log.Text.ToArray());
            }
        }
        return [.. Encoding.UTF8.GetString(text.ToArray()).TrimStart('\uFEFF').Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[29..])];
    }
}
