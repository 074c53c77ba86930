using System.Text.Json;
using Tidepool.Agent.Jobs;
using Tidepool.Agent.Wire;
using Tidepool.AgentProtocol;

namespace Tidepool.Agent.Listening;

/// <summary>Polls for messages and runs one job at a time, until a signal ends it or, with <c>--once</c>, its first job ended.</summary>
internal sealed class Listener(
    WireClient client,
    ListeningAgent agent,
    JobHost host,
    ShutdownSignals signals) : IDisposable
{
    /// <summary>How long the service may be out of reach.</summary>
    private static readonly TimeSpan OutageLimit = TimeSpan.FromMinutes(5);

    /// <summary>A poll that was answered with nothing sooner than this was not held; the next one waits.</summary>
    private static readonly TimeSpan ShortPoll = TimeSpan.FromSeconds(1);

    /// <summary>What a cancelled job's steps with always() get at least, as Microsoft's agent gives them.</summary>
    private static readonly TimeSpan ShortestCancel = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _idle = new();
    private readonly Lock _gate = new();
    private readonly AgentSettings _settings = agent.Settings;
    private RunningJob? _running;
    private bool _ran;

    // A job that came before the last one had quite ended here; the service counts it as ended from its report on.
    private WaitingJob? _next;
    private Task _drain = Task.CompletedTask;

    public async Task<ExitCode> RunAsync()
    {
        using var onStop = signals.Stop.Register(Stop);
        AgentSession? session = null;
        try
        {
            while (!_idle.IsCancellationRequested)
            {
                session = await Retry.RunAsync(
                    token => AgentSession.OpenAsync(client, agent.Identity, host.Agent, host.Clock, token), OutageLimit, host.Clock, _idle.Token);
                AgentLog.Info($"Agent {host.Agent.Name} is online in pool {_settings.Pool}.");
                AgentLog.Info($"{host.Clock.GetUtcNow():u}: Listening for Jobs");
                await ServeAsync(session);
            }
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (_idle.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
        catch (WireException e) when (!e.IsKeyRefused)
        {
            throw new AgentException(
                "AGENT009",
                $"The service ended this agent's work: {e.Message}.",
                "If the agent was removed by hand, start the container anew.");
        }
        catch (HttpRequestException e)
        {
            throw new AgentException(
                "AGENT005",
                $"{_settings.Url} could not be reached for {OutageLimit.TotalMinutes:0} min: {e.Message}.",
                "Check the network.");
        }
        finally
        {
            await EndJobAsync();
            await _drain;
            if (session is not null)
            {
                await session.CloseAsync(host.Clock);
            }
        }
    }

    public void Dispose() => _idle.Dispose();

    /// <summary>Serves one session until a signal, or until the service does not know it any more.</summary>
    private async Task ServeAsync(AgentSession session)
    {
        long? last = null;
        lock (_gate)
        {
            // What another session held back comes again with this one.
            _next = null;
        }
        while (true)
        {
            var polledAt = host.Clock.GetTimestamp();
            TaskAgentMessage? message;
            try
            {
                var seen = last;
                message = await Retry.RunAsync(token => session.PollAsync(seen, token), OutageLimit, host.Clock, _idle.Token);
            }
            catch (WireException e) when (e.TypeKey == "TaskAgentSessionExpiredException")
            {
                AgentLog.Warning("The session expired; a new one is opened.");
                return;
            }
            if (message is null)
            {
                if (_running is null)
                {
                    // Nothing to do for a whole poll: give back what the last job needed.
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
                }
                if (host.Clock.GetElapsedTime(polledAt) < ShortPoll)
                {
                    await Task.Delay(ShortPoll, host.Clock, _idle.Token);
                }
                continue;
            }
            last = message.MessageId;
            if (Take(session, message))
            {
                Delete(session, message);
            }
        }
    }

    /// <summary>Acts on a message; false leaves it to the session that comes after this one.</summary>
    private bool Take(AgentSession session, TaskAgentMessage message)
    {
        switch (message.MessageType)
        {
            case TaskAgentMessage.JobRequest:
                return TryStart(
                    session, message, JsonSerializer.Deserialize(session.Open(message), ProtocolJson.Default.AgentJobRequestMessage)!);
            case TaskAgentMessage.JobCancellation:
                var cancel = JsonSerializer.Deserialize(session.Open(message), ProtocolJson.Default.JobCancelMessage)!;
                return Cancel(message, cancel);
            case TaskAgentMessage.JobMetadata:
                Pace(JsonSerializer.Deserialize(session.Open(message), ProtocolJson.Default.JobMetadataMessage)!);
                return true;
            case TaskAgentMessage.AgentRefresh:
                AgentLog.Info("The service asks for another version of the agent. The built-in agent does not replace itself; its image does.");
                return true;
            default:
                AgentLog.Info($"A message of type {message.MessageType} was passed over.");
                return true;
        }
    }

    private bool Cancel(TaskAgentMessage message, JobCancelMessage cancel)
    {
        lock (_gate)
        {
            // First the one that waits: two jobs may have one id, and the service speaks of no job that it counts as ended.
            if (_next is { } waiting && waiting.Request.JobId == cancel.JobId)
            {
                _next = waiting with { Cancel = (message, cancel) };
                return false;
            }
            if (_running is { } job && job.JobId == cancel.JobId)
            {
                Cancel(job, cancel);
            }
            return true;
        }
    }

    private void Pace(JobMetadataMessage metadata)
    {
        lock (_gate)
        {
            if (_running is { } job && job.JobId == metadata.JobId && metadata.PostLinesFrequencyMillis is > 0 and var milliseconds)
            {
                job.Pace(TimeSpan.FromMilliseconds(milliseconds));
            }
        }
    }

    private static void Cancel(RunningJob job, JobCancelMessage cancel)
    {
        AgentLog.Info($"Job {job.Name} is cancelled.");
        job.Cancel(cancel.Timeout < ShortestCancel ? ShortestCancel : cancel.Timeout);
    }

    private bool TryStart(AgentSession session, TaskAgentMessage message, AgentJobRequestMessage request)
    {
        lock (_gate)
        {
            if (signals.Stop.IsCancellationRequested || (agent.Once && _ran))
            {
                return false;
            }
            if (_running is not null)
            {
                _next = new(session, message, request);
                return false;
            }
            _ran = true;
            _running = RunningJob.Start(client, request, host, OnJobEnded);
            return true;
        }
    }

    private void OnJobEnded()
    {
        lock (_gate)
        {
            _running = null;
            if (_next is { } waiting && TryStart(waiting.Session, waiting.Message, waiting.Request))
            {
                Delete(waiting.Session, waiting.Message);
                if (waiting.Cancel is var (message, cancel))
                {
                    Cancel(_running!, cancel);
                    Delete(waiting.Session, message);
                }
            }
            _next = null;
            StopIfIdle();
        }
    }

    /// <summary>Nobody waits for it: neither the next poll nor the job.</summary>
    private static void Delete(AgentSession session, TaskAgentMessage message) => _ = session.DeleteAsync(message, CancellationToken.None);

    private void Stop()
    {
        lock (_gate)
        {
            if (_running is { } job)
            {
                AgentLog.Info($"The agent was told to stop. Job {job.Name} has {_settings.Drain.TotalSeconds:0} s to end.");
                _drain = DrainAsync(job);
            }
            StopIfIdle();
        }
    }

    private void StopIfIdle()
    {
        if (_running is null && (signals.Stop.IsCancellationRequested || (agent.Once && _ran)))
        {
            // Not under the gate: what waits on the token runs on another thread.
            _ = _idle.CancelAsync();
        }
    }

    private async Task DrainAsync(RunningJob job)
    {
        var disabled = agent.DisableAsync();
        try
        {
            await job.Ended.WaitAsync(_settings.Drain, host.Clock, signals.CancelJob);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            AgentLog.Info($"Job {job.Name} did not end in time and is cancelled.");
            job.Cancel(RunningJob.ShortestCancel);
        }
        await disabled;
    }

    /// <summary>After an error of the listener itself a job may still run: nobody hears of it, so it ends.</summary>
    private async Task EndJobAsync()
    {
        if (_running is { } job)
        {
            job.Cancel(RunningJob.ShortestCancel);
            await job.Ended;
        }
    }

    /// <param name="Cancel">The cancel that came for it meanwhile. Like the job's own message it stays with the service until the job starts.</param>
    private sealed record WaitingJob(
        AgentSession Session,
        TaskAgentMessage Message,
        AgentJobRequestMessage Request,
        (TaskAgentMessage Message, JobCancelMessage Cancel)? Cancel = null);
}
