using System.Threading.Channels;
using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Pools;
using Tidepool.AzurePipelines.State;
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
    private Channel<Action> _commands = NewCommands();

    // The loop holds it while it changes something, a reader while it takes a snapshot.
    private readonly Lock _gate = new();
    private readonly SecretMask _mask = new();
    private readonly List<StageNode> _stages;
    private readonly CountersOfRun _counters;
    private readonly HashSet<string> _released = new(StringComparer.OrdinalIgnoreCase);
    private CancellationTokenSource _checksEnd = new();
    private bool _canceling;
    private bool _graphChanged;
    private bool _over;
    private DateTimeOffset? _finishedAt;
    private NodeResult? _result;

    public RunLoop(
        RunFacts facts,
        AgentPool pool,
        AccessTokens tokens,
        PipelinesServiceOptions options,
        Uri organization,
        CountersOfRun counters,
        TimeProvider clock,
        CancellationToken stopping)
    {
        (Facts, _pool, _tokens, _options, _counters) = (facts, pool, tokens, options, counters);
        (_organization, _clock, _stopping) = (organization, clock, stopping);
        Events = new(options.WorkFolder is null ? null : Path.Combine(FolderOf(facts, options), "console.jsonl"), clock);
        _logs = new(options.WorkFolder is null ? null : FolderOf(facts, options), Lose);
        _stages = [.. facts.Pipeline.Stages.Select(stage => new StageNode(stage))];
        _timelines = new() { [facts.TimelineId] = new(facts.TimelineId) };
        _mask.Add(options.Token);
        foreach (var secret in facts.Request.Secrets.Values.Concat(facts.Pipeline.SecretVariables.Select(variable => variable.Value)))
        {
            _mask.Add(secret);
        }
    }

    public RunFacts Facts { get; private set; }

    /// <summary>What clients and jobs write onto the run.</summary>
    public RunNotes Notes { get; } = new();
    public RunEventLog Events { get; }

    /// <summary>Completes when the run has ended and its last event is there; a run that goes on afterwards has another. Canceled when the service ended before.</summary>
    public Task<NodeResult> Completion { get; private set; } = Task.FromCanceled<NodeResult>(new(canceled: true));

    /// <summary>Begins the run. Call it once.</summary>
    public void Start() => Completion = Task.Run(() => RunAsync(begin: true));

    /// <summary>Cancels the run; one that has ended stays as it is.</summary>
    public async Task CancelAsync()
    {
        Task? asked = TryInvoke(() =>
        {
            Keep(new RunInput.Canceled());
            Cancel();
            return true;
        });
        if (asked is not null)
        {
            // It fails only when the run ended meanwhile.
            await asked.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static string FolderOf(RunFacts facts, PipelinesServiceOptions options)
    {
        var folder = Path.Combine(options.WorkFolder!, "runs", $"{facts.Id}");
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("SERVICE006", $"The run has no place for its logs: {e.Message}", "Free space on that disk.");
        }

        return folder;
    }

    private void RemoveFolder()
    {
        try
        {
            if (_options.WorkFolder is not null)
            {
                Directory.Delete(FolderOf(Facts, _options), recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ProblemException)
        {
            // It goes with the service's own folder.
        }
    }

    private void Lose(string why) => Events.Add(new RunNotice(Now, $"Parts of this run's logs are lost: {why}"));

    private static Channel<Action> NewCommands() => Channel.CreateUnbounded<Action>(new() { SingleReader = true });

    private async Task<NodeResult> RunAsync(bool begin)
    {
        try
        {
            lock (_gate)
            {
                if (begin && !_begun)
                {
                    Begin();
                }

                if (!begin || !_begun)
                {
                    _begun = true;
                    Advance();
                }
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

            foreach (var leg in Legs)
            {
                leg.Deadline?.Dispose();
                leg.StepEnd?.Dispose();
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
