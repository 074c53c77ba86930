using Tidepool.AzurePipelines.Runs;
using Tidepool.Pipelines.Explain;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines;

/// <summary>One run of a pipeline.</summary>
public sealed class PipelineRun
{
    private readonly RunLoop _loop;

    internal PipelineRun(RunLoop loop) => _loop = loop;

    public int Id => _loop.Facts.Id;

    /// <summary>The run's number, as in <c>20260102.1</c>.</summary>
    public string Number => _loop.Facts.Number;

    /// <summary>Completes with the run's result.</summary>
    public Task<NodeResult> Completion => _loop.Completion;

    /// <summary>The run as it is now.</summary>
    public RunSnapshot Snapshot() => _loop.Snapshot();

    /// <summary>Why each node of the run stands as it does, without secrets.</summary>
    public RunExplanation Explain() => _loop.Explain();

    /// <summary>Everything that happened, from the beginning, until the run has ended. Any number of readers may read.</summary>
    public IAsyncEnumerable<RunEvent> ReadEventsAsync(CancellationToken ct) => _loop.Events.ReadAsync(ct);

    /// <summary>Cancels the run: running jobs are asked to stop, waiting ones end, conditions count anew; the run ends later.</summary>
    public Task CancelAsync() => _loop.CancelAsync();

    /// <summary>Cancels a stage that has not ended; the others go on.</summary>
    public Task CancelStageAsync(string stage) => _loop.CancelStageAsync(stage);

    /// <summary>
    /// Runs a stage that has ended again: its jobs that did not succeed, or all, and after it the stages that depend on it. A run that has ended goes
    /// on, with another <see cref="Completion"/>.
    /// </summary>
    public Task RetryStageAsync(string stage, bool allJobs = false) => _loop.RetryStageAsync(stage, allJobs);

    /// <summary>Starts a stage that waits for somebody (<c>trigger: manual</c>). A run that has ended without it goes on.</summary>
    public Task StartStageAsync(string stage) => _loop.StartStageAsync(stage);
}
