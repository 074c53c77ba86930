using System.Threading.Channels;
using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Pools;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>Runs one pipeline. Everything that changes the run is a command to this loop, its one writer.</summary>
internal sealed partial class RunLoop
{
    private readonly AgentPool _pool;
    private readonly AccessTokens _tokens;
    private readonly PipelinesServiceOptions _options;
    private readonly Uri _organization;
    private readonly TimeProvider _clock;
    private readonly CancellationToken _stopping;
    private readonly Channel<Action> _commands = Channel.CreateUnbounded<Action>(new() { SingleReader = true });

    // The loop holds it while it changes something, a reader while it takes a snapshot.
    private readonly Lock _gate = new();
    private readonly SecretMask _mask = new();
    private readonly IReadOnlyList<StageNode> _stages;
    private readonly CancellationTokenSource _checksEnd = new();
    private bool _canceling;
    private bool _graphChanged;
    private bool _over;
    private NodeResult? _result;

    public RunLoop(
        RunFacts facts,
        AgentPool pool,
        AccessTokens tokens,
        PipelinesServiceOptions options,
        Uri organization,
        TimeProvider clock,
        CancellationToken stopping)
    {
        (Facts, _pool, _tokens, _options) = (facts, pool, tokens, options);
        (_organization, _clock, _stopping) = (organization, clock, stopping);
        _stages = [.. facts.Pipeline.Stages.Select(stage => new StageNode(stage))];
        _timelines = new() { [facts.TimelineId] = new(facts.TimelineId) };
        _mask.Add(options.Token);
        foreach (var secret in facts.Request.Secrets.Values)
        {
            _mask.Add(secret);
        }
    }

    public RunFacts Facts { get; }
    public RunEventLog Events { get; } = new();

    /// <summary>Completes when the run has ended and its last event is there; canceled when the service ended before.</summary>
    public Task<NodeResult> Completion { get; private set; } = Task.FromCanceled<NodeResult>(new(canceled: true));

    /// <summary>Begins the run. Call it once.</summary>
    public void Start() => Completion = Task.Run(RunAsync);

    public Task CancelAsync() => TryInvoke(() =>
    {
        Cancel();
        return true;
    }) ?? Task.CompletedTask;

    private async Task<NodeResult> RunAsync()
    {
        try
        {
            lock (_gate)
            {
                Begin();
                Advance();
            }

            while (_result is null)
            {
                var command = await _commands.Reader.ReadAsync(_stopping);
                lock (_gate)
                {
                    command();
                    if (_graphChanged)
                    {
                        Advance();
                    }
                }
            }

            return _result.Value;
        }
        finally
        {
            _commands.Writer.Complete();
            _over = true;
            while (_commands.Reader.TryRead(out var late))
            {
                late();
            }

            foreach (var job in Jobs)
            {
                job.Deadline?.Dispose();
            }

            Events.Close();
        }
    }

    /// <summary>Passes news on; after the run's end nobody needs them.</summary>
    private void Post(Action change) => _commands.Writer.TryWrite(() =>
    {
        if (!_over)
        {
            change();
        }
    });

    /// <summary>Runs a change in the loop and waits for it.</summary>
    /// <exception cref="WireException">The run is over.</exception>
    private Task<T> InvokeAsync<T>(Func<T> change) => TryInvoke(change) ?? throw Refusal.PlanNotFound(Facts.PlanId);

    /// <summary>Whatever the change throws is the caller's to hear; the run goes on.</summary>
    private Task<T>? TryInvoke<T>(Func<T> change)
    {
        var work = new Task<T>(
            () => _over ? throw Refusal.PlanNotFound(Facts.PlanId) : change(), TaskCreationOptions.RunContinuationsAsynchronously);
        return _commands.Writer.TryWrite(() => work.RunSynchronously(TaskScheduler.Default)) ? work : null;
    }
}
