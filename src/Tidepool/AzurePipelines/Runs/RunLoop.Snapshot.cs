using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Pools;

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
                        Jobs = [.. stage.Jobs.Select(ToSnapshot)],
                    }),
                ],
            };
        }
    }

    private JobSnapshot ToSnapshot(JobNode job) => new()
    {
        Name = job.Definition.Name,
        DisplayName = job.DisplayName,
        Result = job.Result,
        Reason = job.Reason,
        MappedFrom = job.MappedFrom,
        AgentName = job.AgentName,
        AgentCapabilities = job.AgentCapabilities,
        QueuedAt = job.QueuedAt,
        StartedAt = job.StartedAt,
        FinishedAt = job.FinishedAt,
        Outputs = OutputsOf(job).ToDictionary(output => output.Key, output => _mask.Apply(output.Value), StringComparer.OrdinalIgnoreCase),
        Issues = IssuesOf(Main.Find(job.RecordId)),
        Steps = [.. Main.ChildrenOf(job.RecordId).Select(ToSnapshot)],
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
