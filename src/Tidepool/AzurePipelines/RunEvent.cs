using System.Text.Json;
using System.Text.Json.Serialization;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines;

/// <summary>A stage, job or step as it is referred to and as it is shown.</summary>
public sealed record NodeName(string Name, string DisplayName);

/// <summary>An error or a warning that a step reported.</summary>
/// <param name="Type"><c>error</c> or <c>warning</c>.</param>
public sealed record RunIssue(string Type, string Message);

/// <summary>Something that happened in a run.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(RunStarted), "runStarted")]
[JsonDerivedType(typeof(RunNotice), "runNotice")]
[JsonDerivedType(typeof(StageStarted), "stageStarted")]
[JsonDerivedType(typeof(StageFinished), "stageFinished")]
[JsonDerivedType(typeof(JobQueued), "jobQueued")]
[JsonDerivedType(typeof(JobWaits), "jobWaits")]
[JsonDerivedType(typeof(JobAssigned), "jobAssigned")]
[JsonDerivedType(typeof(JobStarted), "jobStarted")]
[JsonDerivedType(typeof(StepStarted), "stepStarted")]
[JsonDerivedType(typeof(StepFinished), "stepFinished")]
[JsonDerivedType(typeof(LogLine), "logLine")]
[JsonDerivedType(typeof(JobFinished), "jobFinished")]
[JsonDerivedType(typeof(RunFinished), "runFinished")]
public abstract record RunEvent(DateTimeOffset At);

/// <summary>The run has its number.</summary>
public sealed record RunStarted(DateTimeOffset At, int RunId, string Number) : RunEvent(At);

/// <summary>Something of the run's keeping went wrong, and the run goes on: a full disk lost lines, say.</summary>
public sealed record RunNotice(DateTimeOffset At, string Text) : RunEvent(At);

/// <summary>A stage's condition held.</summary>
public sealed record StageStarted(DateTimeOffset At, NodeName Stage) : RunEvent(At);

/// <summary>A stage ended, or was skipped; then the reason says why.</summary>
public sealed record StageFinished(DateTimeOffset At, NodeName Stage, NodeResult Result, string? Reason) : RunEvent(At);

/// <summary>A job waits for an agent.</summary>
/// <param name="MappedFrom">
/// What the pipeline names where it is not the embedded pool: another pool, <c>vmImage: NAME</c>, or <c>no pool</c>; else null.
/// </param>
public sealed record JobQueued(
    DateTimeOffset At, NodeName Stage, NodeName Job, string Pool, IReadOnlyList<string> Demands, string? MappedFrom) : RunEvent(At);

/// <summary>No agent that is there fits the job; it goes on waiting for one.</summary>
/// <param name="Reason">In the service's words: which demands are unmet, or that none is online.</param>
public sealed record JobWaits(DateTimeOffset At, NodeName Stage, NodeName Job, string Reason) : RunEvent(At);

/// <summary>An agent was chosen; it has not taken the job yet.</summary>
/// <param name="Capabilities">The agent's, <c>FARGATE_TASK</c> among them for the built-in agent.</param>
public sealed record JobAssigned(
    DateTimeOffset At, NodeName Stage, NodeName Job, string AgentName, IReadOnlyDictionary<string, string> Capabilities) : RunEvent(At);

/// <summary>The agent took the job.</summary>
public sealed record JobStarted(DateTimeOffset At, NodeName Stage, NodeName Job, string AgentName) : RunEvent(At);

/// <summary>A step, or a record of the agent's own such as <c>Initialize job</c>, began.</summary>
public sealed record StepStarted(DateTimeOffset At, NodeName Stage, NodeName Job, NodeName Step) : RunEvent(At);

/// <summary>A step ended; a skipped one never started.</summary>
public sealed record StepFinished(
    DateTimeOffset At,
    NodeName Stage,
    NodeName Job,
    NodeName Step,
    NodeResult Result,
    TimeSpan Duration,
    IReadOnlyList<RunIssue> Issues) : RunEvent(At);

/// <summary>A console line. A line of the job itself, outside of any step, has no <paramref name="Step"/>.</summary>
public sealed record LogLine(DateTimeOffset At, NodeName Stage, NodeName Job, NodeName? Step, string Text) : RunEvent(At);

/// <summary>A job ended, or never ran; the reason says why where its steps do not.</summary>
/// <param name="Issues">Of the job itself, outside of any step.</param>
public sealed record JobFinished(
    DateTimeOffset At, NodeName Stage, NodeName Job, NodeResult Result, string? Reason, IReadOnlyList<RunIssue> Issues) : RunEvent(At);

/// <summary>The last event of a run.</summary>
public sealed record RunFinished(DateTimeOffset At, NodeResult Result) : RunEvent(At);

/// <summary>Events as JSON, one a line: in a run's folder, and over HTTP to those who follow it.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(RunEvent))]
internal sealed partial class RunEventJson : JsonSerializerContext;
