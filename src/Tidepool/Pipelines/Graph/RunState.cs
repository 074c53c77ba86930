namespace Tidepool.Pipelines.Graph;

/// <summary>What is known of a run at one instant; the input of every decision.</summary>
public sealed record RunState
{
    /// <summary>The run is being cancelled.</summary>
    public bool Canceling { get; init; }

    /// <summary>Stages that are being cancelled while the run goes on; names ignore case.</summary>
    public IReadOnlySet<string> CanceledStages { get; init; } = new HashSet<string>();

    /// <summary>When the run began; <c>pipeline.startTime</c>.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>System variables and queue-time variables; names ignore case.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Values of <c>counter()</c> in this run by prefix; names ignore case. A missing one ends a decision: <see cref="CounterNeededException"/>.</summary>
    public IReadOnlyDictionary<string, int> Counters { get; init; } = new Dictionary<string, int>();

    /// <summary>Manual stages that somebody started; names ignore case.</summary>
    public IReadOnlySet<string> Released { get; init; } = new HashSet<string>();

    /// <summary>Stages by name that started or ended.</summary>
    public IReadOnlyDictionary<string, StageState> Stages { get; init; } = new Dictionary<string, StageState>();
}

/// <summary>A stage that started; <see cref="Result"/> is null until it ended.</summary>
public sealed record StageState(NodeResult? Result, IReadOnlyDictionary<string, JobState> Jobs);

/// <summary>A job that was started; <see cref="Result"/> is null until it ended.</summary>
/// <param name="Outputs">Keys as in <c>outputs['step.variable']</c>; names ignore case.</param>
public sealed record JobState(NodeResult? Result, IReadOnlyDictionary<string, string> Outputs);
