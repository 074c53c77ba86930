using Tidepool.Agent.Jobs;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Reports;

/// <summary>One timeline record as the agent knows it; each change goes into the report whole.</summary>
internal sealed class StepRecord
{
    private readonly Lock gate = new();
    private readonly JobReport report;
    private TimelineRecord value;

    public StepRecord(JobReport report, TimelineRecord first)
    {
        (this.report, value) = (report, first);
        report.Add(first);
    }

    public Guid Id => value.Id;

    public TimelineRecord Value => value;

    public void Update(Func<TimelineRecord, TimelineRecord> change)
    {
        // Under the gate up to the report, or an older value could overtake a newer one.
        lock (gate)
        {
            value = change(value);
            report.Add(value);
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
