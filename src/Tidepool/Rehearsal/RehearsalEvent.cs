using Tidepool.AzurePipelines;
using Tidepool.Fargate;

namespace Tidepool.Rehearsal;

/// <summary>Something that a person who watches wants to see as it happens.</summary>
public abstract record RehearsalEvent;

public sealed record PhaseFinished(string Name, double Seconds) : RehearsalEvent;

/// <summary>A fact worth a line.</summary>
public sealed record Said(string Text) : RehearsalEvent;

/// <summary>A scenario begins; <paramref name="What"/> says what is done.</summary>
public sealed record ScenarioStarted(string Name, string What) : RehearsalEvent;

public sealed record ScenarioFinished(ScenarioReport Report) : RehearsalEvent;

public sealed record RunSeen(RunEvent Event) : RehearsalEvent;

public sealed record TaskSeen(TaskStateChange Change) : RehearsalEvent;
