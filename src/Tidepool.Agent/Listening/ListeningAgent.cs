using Tidepool.Agent.Jobs;
using Tidepool.Agent.Posix;
using Tidepool.Agent.Registration;
using Tidepool.Agent.Token;
using Tidepool.Agent.Wire;

namespace Tidepool.Agent.Listening;

/// <summary>An agent that is in its pool, and what it listens with.</summary>
internal sealed record ListeningAgent
{
    public required RegisteredAgent Agent { get; init; }
    public required AgentIdentity Identity { get; init; }
    public required AgentSettings Settings { get; init; }

    /// <summary>Where the agent gets its access tokens.</summary>
    public required string TokenUrl { get; init; }

    /// <summary>What jobs inherit.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Where the token that registers agents comes from, which no job may print; null where this process never had it.</summary>
    public TokenSource? Token { get; init; }

    /// <summary>Tells the pool to send no more jobs.</summary>
    public Func<Task> DisableAsync { get; init; } = () => Task.CompletedTask;

    /// <summary>Whether one job is all that it runs.</summary>
    public bool Once { get; init; }

    /// <summary>Listens until a signal, or the end of the one job.</summary>
    /// <exception cref="WireException">The agent's key is not known any more.</exception>
    /// <exception cref="AgentException">The service was out of reach for too long or refused the agent.</exception>
    public async Task<ExitCode> ListenAsync(HttpClient http, ShutdownSignals signals, TimeProvider clock)
    {
        var secrets = new SecretMasker();
        Token?.TellSecrets(secrets.Add);
        using var tokens = new AgentTokens(http, Identity, TokenUrl, Agent.Authorization, clock) { OnNewToken = secrets.Add };
        var client = new WireClient(http, Settings.Url, tokens.AuthorizeAsync, clock);
        var host = new JobHost
        {
            Http = http,
            Clock = clock,
            Reaper = new ChildReaper(),
            Agent = Agent,
            ServiceUrl = Settings.Url,
            WorkFolder = Settings.WorkFolder,
            Environment = Environment,
            Secrets = secrets,
            RunsOnce = Once,
        };
        using var listener = new Listener(client, this, host, signals);
        return await listener.RunAsync();
    }
}
