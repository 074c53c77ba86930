using System.Collections;
using Tidepool.Agent.Posix;
using Tidepool.Agent.Registration;
using Tidepool.Agent.Token;
using Tidepool.Agent.Wire;

namespace Tidepool.Agent.Supervision;

/// <summary>
/// The first process of a container with Microsoft's agent: configures it, keeps its listener running, follows its jobs, and takes it
/// out of the pool at the end.
/// </summary>
internal sealed class Supervisor
{
    /// <summary>How often the processes are looked at for a worker.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private readonly AgentSettings _settings;
    private readonly ShutdownSignals _signals;
    private readonly TimeProvider _clock;
    private readonly AgentFolder _folder;
    private readonly ChildReaper _reaper = new();
    private readonly JobWatch _jobs;
    private readonly PoolAgentClient _pool;
    private readonly IReadOnlyDictionary<string, string> _environment;

    private Supervisor(
        AgentSettings settings, ShutdownSignals signals, TimeProvider clock, AgentFolder folder, PoolAgentClient pool, TaskFacts? task)
    {
        (_settings, _signals, _clock, _folder, _pool) = (settings, signals, clock, folder, pool);
        _jobs = new(clock);
        _environment = ListenerEnvironment.Of(
            Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
                .ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value!),
            task, settings.Container);
    }

    /// <summary>Runs until a signal, the end of the one job, or a time without any.</summary>
    /// <param name="secret">What the first image of this process found and <see cref="TokenHandover"/> brought here.</param>
    /// <exception cref="AgentException">The agent could not be configured, or its listener ended for good.</exception>
    public static async Task<ExitCode> RunAsync(
        AgentSettings settings, TokenSettings tokenSettings, string secret, ShutdownSignals signals, TimeProvider clock)
    {
        var folder = AgentFolder.Open(settings.AgentFolder);
        if (StopBudget.Of(settings.Drain) > StopBudget.Fargate)
        {
            AgentLog.Warning(
                $"With AZP_DRAIN_SECONDS={settings.Drain.TotalSeconds:0} a stop may take {StopBudget.Of(settings.Drain).TotalSeconds:0} s; "
                + $"Fargate kills a container {StopBudget.Fargate.TotalSeconds:0} s after SIGTERM at the latest.");
        }
        using var http = WireClient.MakeHttp();
        using var token = TokenSource.Of(tokenSettings, secret, http, clock);
        var pool = new PoolAgentClient(new(http, settings.Url, token.AuthorizeAsync, clock), token, clock);
        try
        {
            var task = await TaskMetadata.ReadAsync(settings.MetadataUri, clock, signals.Stop);
            var name = settings.Name ?? AgentRegistration.NameOf(settings.Container, task?.TaskId);
            var supervisor = new Supervisor(settings, signals, clock, folder, pool, task);
            var agent = await supervisor.ConfigureAsync(name, token);
            await using var protection = new TaskProtection(
                new() { AgentUri = settings.AgentUri, EcsTask = task, Agent = settings.Container ?? name }, clock);
            return await supervisor.SuperviseAsync(agent, protection);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            AgentLog.Info("Stop: done, before the agent was configured.");
            return ExitCode.Done;
        }
    }

    private async Task<PoolAgent> ConfigureAsync(string name, TokenSource token)
    {
        try
        {
            var configuration = new AgentConfiguration(_settings, name, _folder, _environment, _pool, token, _reaper, _clock);
            var agent = await configuration.RunAsync(_signals.Stop);
            AgentLog.Info($"Agent {agent.Name} is configured in pool {_settings.Pool}.");
            return agent;
        }
        catch (OperationCanceledException) when (_signals.Stop.IsCancellationRequested)
        {
            await RemoveUnusedAsync(name);
            throw;
        }
    }

    /// <summary>A signal came while the agent was configured: it may be in the pool by now.</summary>
    private async Task RemoveUnusedAsync(string name)
    {
        using var limit = new CancellationTokenSource(StopBudget.Remove, _clock);
        try
        {
            if (await _pool.FindAsync(_settings.Pool, name, limit.Token) is { Online: false } agent && await _pool.RemoveAsync(agent, limit.Token))
            {
                AgentLog.Info($"Stop: agent {name} was removed from the pool before it had a listener.");
            }
        }
        catch (Exception e) when (e is AgentException or OperationCanceledException)
        {
            AgentLog.Warning($"Whether agent {name} is in the pool is not known: {e.Message}");
        }
    }

    private async Task<ExitCode> SuperviseAsync(PoolAgent agent, TaskProtection protection)
    {
        var protecting = FollowJobsAsync(protection);
        var stop = new Lazy<StopSequence>(() => new(_pool, agent, _jobs, _settings.Drain, _signals, _clock));
        try
        {
            await protection.StartAsync(_signals.Stop);
            await KeepRunningAsync(stop);
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (_signals.Stop.IsCancellationRequested)
        {
            // Before the first listener or between two: nothing to end.
            return ExitCode.Done;
        }
        finally
        {
            await stop.Value.LeaveAsync(protecting);
        }
    }

    private async Task KeepRunningAsync(Lazy<StopSequence> stop)
    {
        var restarts = new RestartPolicy(_settings.Once, _clock);
        while (true)
        {
            var listener = StartListener();
            _jobs.ListenerStarted();
            using var ended = new CancellationTokenSource();
            var looking = LookAsync(listener.Id, ended.Token);
            var endedByItself = await WaitAsync(listener);
            if (!endedByItself)
            {
                // A worker that began since the last look must not be taken for idleness.
                Look(listener.Id);
                await stop.Value.EndListenerAsync(listener);
            }
            await ended.CancelAsync();
            await looking;
            if (!endedByItself)
            {
                return;
            }
            var code = await listener.Exit;
            _jobs.ListenerEnded();
            if (_signals.Stop.IsCancellationRequested)
            {
                // Whoever sent the signal sent it to the listener as well.
                return;
            }
            switch (restarts.Decide(code, _jobs.HasRun))
            {
                case AfterListener.Leave:
                    return;
                case AfterListener.Update:
                    AgentLog.Info($"The listener ended with exit code {code} to update itself and is started again when that is done.");
                    await SelfUpdate.WaitAsync(_folder, _clock, _signals.Stop);
                    await LeftOvers.KillAsync(_clock);
                    break;
                case AfterListener.StartAgain(var delay):
                    AgentLog.Warning($"The listener ended with exit code {code} and is started again in {delay.TotalSeconds:0} s.");
                    await LeftOvers.KillAsync(_clock);
                    await Task.Delay(delay, _clock, _signals.Stop);
                    break;
                case AfterListener.GiveUp(var problem, var what, var mend):
                    throw new AgentException(problem, $"{what} Its last line: \"{listener.LastWords}\".", mend);
            }
        }
    }

    /// <summary>Not run.sh: signals must reach the listener itself. As a service, so that an update does not start another one behind our back.</summary>
    private SupervisedProcess StartListener()
    {
        string[] once = _settings.Once ? ["--once"] : [];
        try
        {
            return SupervisedProcess.Start(
                new()
                {
                    Path = _folder.At(AgentFolder.Listener),
                    Arguments = ["run", "--startuptype", "service", .. once],
                    Environment = _environment,
                    WorkingDirectory = _folder.Root,
                },
                _reaper, _clock, onLine: _jobs.Read);
        }
        catch (IOException e)
        {
            throw new AgentException("AGENT011", $"The listener could not be started: {e.Message}.", "Let AZP_AGENT_FOLDER hold an agent for this machine.");
        }
    }

    /// <summary>Waits for the listener's end, or for a reason to end it; false for that.</summary>
    private async Task<bool> WaitAsync(SupervisedProcess listener)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_signals.Stop);
        var idle = IdleAsync(ended.Token);
        await Task.WhenAny(listener.Exit, idle);
        await ended.CancelAsync();
        if (listener.Exit.IsCompleted)
        {
            return true;
        }
        if (!_signals.Stop.IsCancellationRequested)
        {
            AgentLog.Info($"No job came for {_settings.Idle!.Value.TotalSeconds:0} s; the agent leaves.");
        }
        return false;
    }

    /// <summary>Looks for the worker again and again, until the listener has ended.</summary>
    private async Task LookAsync(int listener, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(LookEvery, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                Look(listener);
            }
        }
        catch (OperationCanceledException)
        {
            // The listener ended.
        }
    }

    private void Look(int listener)
    {
        var below = ProcessTable.DescendantsOf(listener, ProcessTable.Read()).ToList();
        _jobs.Look(worker: below.Any(process => process.Name == JobWatch.Worker), other: below.Count > 0);
    }

    /// <summary>Ends when no job has run for the time that the user allows.</summary>
    private async Task IdleAsync(CancellationToken ct)
    {
        if (_settings.Idle is not { } limit)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _clock, ct);
            return;
        }
        while (limit - _jobs.IdleFor is { Ticks: > 0 } left)
        {
            await _jobs.WhenAsync(running: false, ct);
            await Task.Delay(left, _clock, ct);
        }
    }

    /// <summary>Protects the task while a job runs. Ends when no job comes any more.</summary>
    private async Task FollowJobsAsync(TaskProtection protection)
    {
        while (await _jobs.WhenAsync(running: true, CancellationToken.None))
        {
            await protection.JobStartedAsync(CancellationToken.None);
            await _jobs.WhenAsync(running: false, CancellationToken.None);
            await protection.JobEndedAsync(CancellationToken.None);
        }
    }
}
