using Tidepool.Agent.Jobs;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Reports;

/// <summary>One timeline record as the agent knows it; each change goes into the report whole.</summary>
internal sealed class StepRecord
{
    private readonly Lock _gate = new();
    private readonly JobReport _report;
    private TimelineRecord _value;

    public StepRecord(JobReport report, TimelineRecord first)
    {
        (_report, _value) = (report, first);
        report.Add(first);
    }

    public Guid Id => _value.Id;

    public TimelineRecord Value => _value;

    public void Update(Func<TimelineRecord, TimelineRecord> change)
    {
        // Under the gate up to the report, or an older value could overtake a newer one.
        lock (_gate)
        {
            _value = change(_value);
            _report.Add(_value);
        }
    }

    public void Start(DateTimeOffset now) => Update(record => record with { State = "inProgress", StartTime = now });

    public void Finish(JobStatus result, DateTimeOffset now) => Update(record => record with
    {
        State = "completed",
        Result = result.ToWire(),
        StartTime = record.StartTime ?? now,
        FinishTime = now,
        PercentComplete = 100,
        CurrentOperation = null,
    });
}
