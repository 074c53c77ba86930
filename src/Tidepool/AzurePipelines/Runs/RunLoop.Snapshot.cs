using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Pools;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

internal sealed partial class RunLoop
{
    public RunSnapshot Snapshot()
    {
        lock (_gate)
        {
            return new()
            {
                Id = Facts.Id,
                Number = Facts.Number,
                Result = _result,
                Stages =
                [
                    .. _stages.Select(stage => new StageSnapshot
                    {
                        Name = stage.Definition.Name,
                        DisplayName = stage.Definition.DisplayName,
                        Result = stage.Result,
                        Reason = stage.Reason,
                        Jobs = [.. stage.Jobs.SelectMany(ToSnapshots)],
                    }),
                ],
            };
        }
    }

    private IEnumerable<JobSnapshot> ToSnapshots(JobNode job) => job.Legs.Count > 0 ? job.Legs.Select(ToSnapshot) :
    [
        new() { Name = job.Definition.Name, DisplayName = job.DisplayName, Result = job.Result, Reason = job.Reason },
    ];

    private JobSnapshot ToSnapshot(LegNode leg) => new()
    {
        Name = leg.Name.Name,
        Leg = leg.Leg.Name == JobLeg.DefaultName ? null : leg.Leg.Name,
        Attempt = leg.Attempt,
        DisplayName = leg.DisplayName,
        Result = leg.Result,
        Reason = leg.Reason,
        MappedFrom = leg.MappedFrom,
        AgentName = leg.AgentName,
        AgentCapabilities = leg.AgentCapabilities,
        QueuedAt = leg.QueuedAt,
        StartedAt = leg.StartedAt,
        FinishedAt = leg.FinishedAt,
        Outputs = OutputsOf(leg)
            .GroupBy(output => output.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => _mask.Apply(group.Last().Value), StringComparer.OrdinalIgnoreCase),
        Issues = IssuesOf(Main.Find(leg.RecordId)),
        Steps = [.. Main.ChildrenOf(leg.RecordId).Select(ToSnapshot)],
    };

    private StepSnapshot ToSnapshot(TimelineRecord record) => new()
    {
        Name = record.RefName ?? "",
        DisplayName = record.Name ?? "",
        Result = WireResults.Parse(record.Result),
        StartedAt = record.StartTime,
        FinishedAt = record.FinishTime,
        Issues = IssuesOf(record),
        ReadLog = () =>
        {
            lock (_gate)
            {
                return _logs.Lines(record.Id, Main.Find(record.Id)?.Log?.Id);
            }
        },
    };
}
