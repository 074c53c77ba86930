using Tidepool.AgentProtocol;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>What clients read of a run, while it goes and when it has ended.</summary>
internal sealed partial class RunLoop
{
    /// <summary>How far the run is.</summary>
    public RunProgress Progress
    {
        get
        {
            lock (_gate)
            {
                return new(_canceling, _result, _finishedAt);
            }
        }
    }

    /// <summary>The logs that agents posted, oldest first.</summary>
    public IReadOnlyList<TaskLog> Logs
    {
        get
        {
            lock (_gate)
            {
                return _logs.All;
            }
        }
    }

    /// <summary>The run's own timeline, the last attempt of each node, without variables: outputs may be secret.</summary>
    public Timeline ReadTimeline()
    {
        lock (_gate)
        {
            var timeline = Main.ToWire(includeRecords: true, lastAttempts: true);
            return timeline with { Records = [.. timeline.Records!.Select(record => record with { Variables = null })] };
        }
    }

    /// <summary>Gives the run another number; jobs that are queued from now on get it.</summary>
    public void Renumber(string number)
    {
        lock (_gate)
        {
            Facts = Facts with { Number = _mask.Apply(number) };
        }
    }

    /// <summary>A text of a client's without the run's secrets.</summary>
    public string Mask(string text)
    {
        lock (_gate)
        {
            return _mask.Apply(text);
        }
    }

    /// <summary>The files that steps attached, oldest first.</summary>
    public IReadOnlyList<TaskAttachment> Attachments
    {
        get
        {
            lock (_gate)
            {
                return [.. _attachments.Values.Select(attached => attached.Attachment)];
            }
        }
    }

    /// <summary>The content of what a step attached; null where there is none.</summary>
    public byte[]? ReadAttachment(Guid recordId, string type, string name)
    {
        lock (_gate)
        {
            return _attachments.TryGetValue((recordId, type, name), out var attached) ? attached.Content : null;
        }
    }

    /// <summary>A log's text as it is now; null when there is no such log.</summary>
    public TextReader? ReadLog(int logId)
    {
        lock (_gate)
        {
            return _logs.Read(logId);
        }
    }
}

/// <summary>How far a run is.</summary>
/// <param name="Canceling">Somebody asked for its end.</param>
/// <param name="Result">Null while it has not ended.</param>
/// <param name="FinishedAt">When it ended.</param>
internal sealed record RunProgress(bool Canceling, NodeResult? Result, DateTimeOffset? FinishedAt);
