using System.Threading.Channels;
using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Pools;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>Runs one pipeline. Everything that changes the run is a command to this loop, its one writer.</summary>
internal sealed partial class RunLoop
{
    private readonly AgentPool pool;
    private readonly AccessTokens tokens;
    private readonly PipelinesServiceOptions options;
    private readonly Uri organization;
    private readonly TimeProvider clock;
    private readonly CancellationToken stopping;
    private readonly Channel<Command> commands = Channel.CreateUnbounded<Command>(new() { SingleReader = true });

    // The loop holds it while it changes something, a reader while it takes a snapshot.
    private readonly Lock gate = new();
    private readonly SecretMask mask = new();
    private readonly IReadOnlyList<StageNode> stages;
    private bool canceling;
    private bool graphChanged;
    private NodeResult? result;

    public RunLoop(
        RunFacts facts,
        AgentPool pool,
        AccessTokens tokens,
        PipelinesServiceOptions options,
        Uri organization,
        TimeProvider clock,
        CancellationToken stopping)
    {
        (Facts, this.pool, this.tokens, this.options) = (facts, pool, tokens, options);
        (this.organization, this.clock, this.stopping) = (organization, clock, stopping);
        stages = [.. facts.Pipeline.Stages.Select(stage => new StageNode(stage))];
        timelines = new() { [facts.TimelineId] = new(facts.TimelineId) };
        mask.Add(options.Token);
        foreach (var secret in facts.Request.Secrets.Values)
        {
            mask.Add(secret);
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
            lock (gate)
            {
                Begin();
                Advance();
            }

            while (result is null)
            {
                var command = await commands.Reader.ReadAsync(stopping);
                lock (gate)
                {
                    command.Run();
                    if (graphChanged)
                    {
                        Advance();
                    }
                }
            }

            return result.Value;
        }
        finally
        {
            commands.Writer.Complete();
            while (commands.Reader.TryRead(out var late))
            {
                late.Drop();
            }

            foreach (var job in Jobs)
            {
                job.Deadline?.Dispose();
            }

            Events.Close();
        }
    }

    /// <summary>Passes news on; after the run's end nobody needs them.</summary>
    private void Post(Action change) => commands.Writer.TryWrite(new(change, Drop: () => { }));

    /// <summary>Runs a change in the loop and waits for it.</summary>
    /// <exception cref="WireException">The run is over.</exception>
    private Task<T> InvokeAsync<T>(Func<T> change) => TryInvoke(change) ?? throw Refusal.PlanNotFound(Facts.PlanId);

    private Task<T>? TryInvoke<T>(Func<T> change)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var command = new Command(
            Run: () =>
            {
                try
                {
                    done.SetResult(change());
                }
                catch (WireException refusal)
                {
                    done.SetException(refusal);
                }
            },
            Drop: () => done.SetException(Refusal.PlanNotFound(Facts.PlanId)));
        return commands.Writer.TryWrite(command) ? done.Task : null;
    }

    private sealed record Command(Action Run, Action Drop);
}
