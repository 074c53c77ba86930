using Tidepool.Agent.Posix;
using Tidepool.Agent.Registration;

namespace Tidepool.Agent.Jobs;

/// <summary>What the agent lends to each of its jobs.</summary>
internal sealed record JobHost
{
    public required HttpClient Http { get; init; }
    public required TimeProvider Clock { get; init; }
    public required ChildReaper Reaper { get; init; }
    public required RegisteredAgent Agent { get; init; }

    /// <summary>URL of the organization as this container reaches it.</summary>
    public required string ServiceUrl { get; init; }

    /// <summary><c>_work</c>.</summary>
    public required string WorkFolder { get; init; }

    /// <summary>Whether the agent ends after this job.</summary>
    public bool RunsOnce { get; init; }

    /// <summary>What steps inherit: the container's variables without the token, with the task's id.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The agent's own secrets, which no job may print.</summary>
    public required SecretMasker Secrets { get; init; }
}
