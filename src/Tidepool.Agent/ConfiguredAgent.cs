using System.Collections;
using Tidepool.Agent.Listening;
using Tidepool.Agent.Registration;
using Tidepool.Agent.Token;
using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent;

/// <summary>
/// The built-in agent in the three acts of Microsoft's: <c>configure</c>, <c>run</c>, <c>remove</c>, with the same arguments, files
/// and exit codes. So it stands in for that one under a supervisor.
/// </summary>
/// <param name="folder">The agent's folder, which keeps its identity.</param>
internal sealed class ConfiguredAgent(AgentArguments arguments, string folder, TimeProvider clock)
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly IdentityFiles _files = new(folder);

    /// <summary>Adds the agent to the pool and keeps its identity.</summary>
    /// <exception cref="AgentException">It is configured already, its name is taken, or the service refused.</exception>
    public async Task<ExitCode> ConfigureAsync(CancellationToken ct)
    {
        if (_files.Exist)
        {
            throw new AgentException("AGENT017", $"An agent is configured in {folder} already.", "Remove it first.");
        }
        var settings = SettingsOf(arguments.Require("url"), arguments.Require("pool"), arguments["work"] ?? "_work");
        using var http = WireClient.MakeHttp();
        var identity = Task.Factory.StartNew(AgentIdentity.Create, TaskCreationOptions.LongRunning);
        using var token = new GivenToken(arguments.Require("token"), clock);
        var pool = new WireClient(http, settings.Url, token.AuthorizeAsync, clock);

        // Microsoft's agent leaves one disabled that was.
        var registration = new AgentRegistration(pool, token, settings, clock) { Replaces = arguments.Has("replace"), Enables = false };
        var agent = await registration.RegisterAsync(identity, Variables(), ct);
        var authorization = agent.Authorization;
        _files.Save(
            new()
            {
                AcceptTeeEula = arguments.Has("acceptTeeEula"),
                AgentId = agent.AgentId,
                AgentName = agent.Name,
                PoolId = agent.PoolId,
                PoolName = settings.Pool,
                ServerUrl = settings.Url,
                WorkFolder = arguments["work"] ?? "_work",
            },
            new("OAuth", new(
                $"{authorization.ClientId}",
                authorization.AuthorizationUrl!,
                ServiceUrl.Rewrite(authorization.AuthorizationUrl!, settings.Url, agent.OnPremises))),
            await identity);
        AgentLog.Info($"{clock.GetUtcNow():u}: Settings Saved.");
        return ExitCode.Done;
    }

    /// <summary>Takes the agent out of the pool and forgets its identity; nothing to do where there is none.</summary>
    /// <exception cref="AgentException">The token was refused.</exception>
    public async Task<ExitCode> RemoveAsync(CancellationToken ct)
    {
        if (!_files.Exist)
        {
            AgentLog.Info("No agent is configured. Skipping");
            return ExitCode.Done;
        }
        var kept = _files.LoadAgent();
        using var http = WireClient.MakeHttp();
        using var token = new GivenToken(arguments.Require("token"), clock);
        var pool = new WireClient(http, kept.ServerUrl, token.AuthorizeAsync, clock);
        var agents = $"_apis/distributedtask/pools/{kept.PoolId}/agents";
        try
        {
            var found = await Retry.RunAsync(
                limited => pool.GetAsync(
                    $"{agents}?agentName={Uri.EscapeDataString(kept.AgentName)}&includeCapabilities=False", ProtocolJson.Default.CollectionTaskAgent, limited),
                StartLimit, clock, ct);
            if (found?.Value is [_, ..])
            {
                await Retry.RunAsync(limited => pool.DeleteAsync($"{agents}/{kept.AgentId}", limited), StartLimit, clock, ct);
            }
        }
        catch (Exception e) when (e is WireException or HttpRequestException)
        {
            throw new AgentException("AGENT009", $"The agent could not be removed from the pool: {e.Message}.", "Check the token and the network, and try again.");
        }
        _files.Delete();
        AgentLog.Info("Succeeded: Removing agent from the server");
        return ExitCode.Done;
    }

    /// <summary>Listens for jobs as the agent that is configured.</summary>
    public async Task<ListenerExit> RunAsync(ShutdownSignals signals)
    {
        try
        {
            var (kept, credential, identity) = _files.Load();
            using var _ = identity;
            using var http = WireClient.MakeHttp();
            var settings = SettingsOf(kept.ServerUrl, kept.PoolName, kept.WorkFolder) with { Name = kept.AgentName };
            var environment = AgentRegistration.WithTask(Variables(), task: null, settings.Container);
            var authorization = new TaskAgentAuthorization
            {
                ClientId = Guid.Parse(credential.Data.ClientId),
                AuthorizationUrl = credential.Data.AuthorizationUrl,
            };
            using var tokens = new AgentTokens(http, identity, credential.Data.OauthEndpointUrl, authorization, clock);
            var agent = new RegisteredAgent
            {
                PoolId = kept.PoolId,
                AgentId = kept.AgentId,
                Name = kept.AgentName,
                EcsTask = null,
                Authorization = authorization,
                Capabilities = Capabilities.Collect(kept.AgentName, folder, environment),
                OnPremises = await Retry.RunAsync(
                    token => AgentRegistration.IsOnPremisesAsync(new(http, settings.Url, tokens.AuthorizeAsync, clock), token),
                    StartLimit, clock, signals.Stop),
            };
            await new ListeningAgent
            {
                Agent = agent,
                Identity = identity,
                Settings = settings,
                TokenUrl = credential.Data.OauthEndpointUrl,
                Environment = environment,
                Once = arguments.Has("once"),
            }.ListenAsync(http, signals, clock);
            return ListenerExit.Success;
        }
        catch (AgentException e)
        {
            AgentLog.Warning($"An error occurred: {e.Message}");
            return ListenerExit.Terminated;
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            return ListenerExit.Success;
        }
        catch (HttpRequestException e)
        {
            AgentLog.Warning($"An error occurred: {e.Message}");
            return ListenerExit.Retryable;
        }
        catch (WireException e) when (e.IsKeyRefused)
        {
            // The agent was removed or replaced; Microsoft's agent counts that as a good end as well.
            AgentLog.Warning("The service does not know this agent's key any more.");
            return ListenerExit.Success;
        }
    }

    private AgentSettings SettingsOf(string url, string pool, string workFolder) => AgentSettings.Of(url, pool) with
    {
        WorkFolder = Path.GetFullPath(workFolder, folder),
        Name = arguments["agent"] ?? Environment.MachineName,
        MetadataUri = null,
    };

    /// <summary>The environment without what was meant for this command.</summary>
    private static Dictionary<string, string> Variables() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Where(variable => !((string)variable.Key).StartsWith(AgentArguments.VariablePrefix, StringComparison.OrdinalIgnoreCase))
        .ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value!);
}
