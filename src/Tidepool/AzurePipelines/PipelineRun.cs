using Tidepool.AzurePipelines.Runs;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines;

/// <summary>One run of a pipeline.</summary>
public sealed class PipelineRun
{
    private readonly RunLoop loop;

    internal PipelineRun(RunLoop loop) => this.loop = loop;

    public int Id => loop.Facts.Id;

    /// <summary>The run's number, as in <c>20260102.1</c>.</summary>
    public string Number => loop.Facts.Number;

    /// <summary>Completes with the run's result.</summary>
    public Task<NodeResult> Completion => loop.Completion;

    /// <summary>The run as it is now.</summary>
    public RunSnapshot Snapshot() => loop.Snapshot();

    /// <summary>Everything that happened, from the beginning, until the run has ended. Any number of readers may read.</summary>
    public IAsyncEnumerable<RunEvent> ReadEventsAsync(CancellationToken ct) => loop.Events.ReadAsync(ct);

    /// <summary>Cancels the run: running jobs are asked to stop, waiting ones end, conditions count anew; the run ends later.</summary>
    public Task CancelAsync() => loop.CancelAsync();
}
