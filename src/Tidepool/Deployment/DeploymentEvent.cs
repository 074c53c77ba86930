namespace Tidepool.Deployment;

/// <summary>Something that happened on the way to AWS or back.</summary>
public abstract record DeploymentEvent;

/// <summary>A phase began.</summary>
/// <param name="Name">As in <c>infrastructure</c>.</param>
/// <param name="What">What it does, in a few words.</param>
public sealed record PhaseStarted(string Name, string What) : DeploymentEvent;

/// <summary>A phase came to its end.</summary>
/// <param name="Name">As in <c>infrastructure</c>.</param>
/// <param name="Outcome">What came of it, in a few words.</param>
/// <param name="Changed">Whether it changed anything.</param>
/// <param name="Seconds">Its wall time.</param>
public sealed record PhaseFinished(string Name, string Outcome, bool Changed, double Seconds) : DeploymentEvent;

/// <summary>A resource is being created, changed or destroyed, or was.</summary>
/// <param name="Address">Its address in the configuration, as in <c>module.agents.aws_ecs_service.this</c>.</param>
/// <param name="Verb">What happened, as in <c>created</c>.</param>
/// <param name="Seconds">Since its start.</param>
/// <param name="Done">False while it goes on.</param>
public sealed record ResourceSeen(string Address, string Verb, int Seconds, bool Done) : DeploymentEvent;

/// <summary>A sentence for the user.</summary>
public sealed record Said(string Text) : DeploymentEvent;

/// <summary>A line of a tool's output, worth showing to who asks for all of it.</summary>
public sealed record Detail(string Text) : DeploymentEvent;

/// <summary>A fault beside the one that ends the phase.</summary>
public sealed record ProblemSeen(Problem Problem) : DeploymentEvent;

/// <summary>An agent of the service came online.</summary>
public sealed record AgentOnline(string AgentName, string TaskId, int Online, int Wanted) : DeploymentEvent;
