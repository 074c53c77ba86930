using System.Globalization;
using Tidepool.Agent.Jobs;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Commands;

/// <summary>The tree of records that <c>##vso[task.logdetail]</c> builds below a step's own, in a timeline of its own.</summary>
internal sealed class DetailRecords(JobContext job, StepContext step)
{
    private readonly Dictionary<Guid, TimelineRecord> _known = [];
    private Guid? _timeline;

    public void Log(LoggingCommand command)
    {
        if (!Guid.TryParse(command["id"], out var id) || id == Guid.Empty)
        {
            throw new CommandException("Can't update timeline record, timeline record id is not provided.");
        }
        var parent = Guid.TryParse(command["parentid"], out var given) ? given : (Guid?)null;
        var now = job.Host.Clock.GetUtcNow();
        var record = new TimelineRecord
        {
            Id = id,
            ParentId = parent,
            Name = Text(command["name"]),
            Type = Text(command["type"]),
            Order = int.TryParse(command["order"], NumberStyles.Integer, CultureInfo.InvariantCulture, out var order) ? order : null,
            PercentComplete = command["progress"].Length > 0 ? TaskCommands.Percent(command["progress"]) : null,
            CurrentOperation = Text(command.Data),
            Result = command["result"] switch
            {
                "" => null,
                var text => (Enum.TryParse<JobStatus>(text, ignoreCase: true, out var result) ? result : JobStatus.Succeeded).ToWire(),
            },
            StartTime = Time(command["starttime"], now),
            FinishTime = Time(command["finishtime"], now),
            State = State(command["state"]),
        };
        record = _known.TryGetValue(id, out var before) ? Changed(before, record, now) : Made(record, now);
        _known[id] = record;
        if (_timeline is not { } timeline)
        {
            _timeline = timeline = Guid.NewGuid();
            job.Report.AddTimeline(timeline);
            step.Record.Update(value => value with { Details = new() { Id = timeline } });
        }
        job.Report.AddDetail(timeline, record);
    }

    private TimelineRecord Made(TimelineRecord record, DateTimeOffset now)
    {
        if (record.Name is null)
        {
            throw new CommandException("Name is required for this new timeline record.");
        }
        if (record.Type is null)
        {
            throw new CommandException("Type is required for this new timeline record.");
        }
        if (record.ParentId is { } parent && parent != Guid.Empty && !_known.ContainsKey(parent))
        {
            throw new CommandException("Parent timeline record has not been created for this new timeline record.");
        }
        return record with { StartTime = record.StartTime ?? now, State = record.State ?? "inProgress" };
    }

    private static TimelineRecord Changed(TimelineRecord before, TimelineRecord record, DateTimeOffset now)
    {
        if (record.ParentId is { } parent && parent != before.ParentId)
        {
            throw new CommandException("Can't change parent timeline record of an existing timeline record.");
        }
        record = record with { ParentId = before.ParentId };
        return record.State == "completed"
            ? record with { PercentComplete = record.PercentComplete ?? 100, FinishTime = record.FinishTime ?? now }
            : record;
    }

    private string? Text(string text) => text.Length > 0 ? job.Secrets.Apply(text) : null;

    private static DateTimeOffset? Time(string text, DateTimeOffset now) => text.Length == 0
        ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUniversalTime() : now;

    /// <summary>The case counts, as for Microsoft's agent; what it does not know is pending.</summary>
    private static string? State(string text) => text switch
    {
        "" => null,
        "InProgress" => "inProgress",
        "Completed" => "completed",
        _ => "pending",
    };
}
