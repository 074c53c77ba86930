using System.Collections;
using Tidepool.Agent.Listening;
using Tidepool.Agent.Registration;
using Tidepool.Agent.Token;
using Tidepool.Agent.Wire;

namespace Tidepool.Agent;

/// <summary>The whole life of the built-in agent: register, listen, run jobs, leave.</summary>
/// <param name="secret">What the first image of this process found and <see cref="TokenHandover"/> brought here.</param>
internal sealed class BuiltInAgent(
    AgentSettings settings, TokenSettings tokenSettings, string secret, ShutdownSignals signals, TimeProvider clock)
{
    public async Task<ExitCode> RunAsync()
    {
        // Two primes of a thousand bits take longer than all else at start: begin with them.
        var identity = Task.Factory.StartNew(AgentIdentity.Create, TaskCreationOptions.LongRunning);
        using var http = WireClient.MakeHttp();
        using var token = TokenSource.Of(tokenSettings, secret, http, clock);
        var pool = new WireClient(http, settings.Url, token.AuthorizeAsync, clock);
        var registration = new AgentRegistration(pool, token, settings, clock);
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value!);
        RegisteredAgent agent;
        try
        {
            agent = await registration.RegisterAsync(identity, environment, signals.Stop);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
        var isOurs = true;
        try
        {
            return await new ListeningAgent
            {
                Agent = agent,
                Identity = await identity,
                Settings = settings,
                TokenUrl = ServiceUrl.Rewrite(agent.Authorization.AuthorizationUrl!, settings.Url, agent.OnPremises),
                Environment = AgentRegistration.WithTask(environment, agent.EcsTask, settings.Container),
                Token = token,
                DisableAsync = () => registration.DisableAsync(agent, CancellationToken.None),
            }.ListenAsync(http, signals, clock);
        }
        catch (WireException e) when (e.IsKeyRefused)
        {
            // What stands in the pool under this id, if anything, is another agent's.
            isOurs = false;
            throw new AgentException(
                "AGENT006",
                "The service does not know this agent's key any more.",
                "Start the container anew; it registers itself at start.");
        }
        finally
        {
            if (isOurs)
            {
                await registration.LeaveAsync(agent);
                AgentLog.Info($"Agent {agent.Name} left the pool.");
            }
        }
    }
}
