using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Api;

namespace Tidepool.AzurePipelines.Pools;

internal sealed partial class AgentPool
{
    /// <summary>How long a poll is held when there is no message; the service holds it as long.</summary>
    public static readonly TimeSpan PollHold = TimeSpan.FromSeconds(50);

    /// <summary>An agent that neither polls nor renews for so long is offline. Agents pause up to a minute between two polls.</summary>
    public static readonly TimeSpan SessionIdleLimit = TimeSpan.FromMinutes(2);

    private readonly Dictionary<Guid, AgentSession> _sessions = [];
    private long _lastMessageId;

    public int PollsUnderWay
    {
        get
        {
            lock (_gate)
            {
                return _sessions.Values.Sum(session => session.PollsUnderWay);
            }
        }
    }

    /// <summary>Opens the session of an agent, which is online from then on.</summary>
    /// <exception cref="WireException">The agent is unknown, or has a live session.</exception>
    public TaskAgentSession OpenSession(int agentId, string? ownerName, IReadOnlyDictionary<string, string>? capabilities)
    {
        lock (_gate)
        {
            var agent = Find(agentId);
            if (agent.Session is not null)
            {
                throw Refusal.SessionConflict(agent.Name);
            }

            if (capabilities is not null)
            {
                agent.SystemCapabilities = Capabilities.Of(capabilities);
                Keep(agent);
            }

            var session = new AgentSession(agent, ownerName) { BeganAt = _clock.GetUtcNow(), LastSeen = _clock.GetUtcNow() };
            var wire = session.ToWire();
            agent.Session = session;
            _sessions.Add(session.Id, session);
            if (agent.Assigned is { CancelTimeout: { } timeout } running)
            {
                // The old session took the word with it.
                SendCancellation(session, running, timeout);
            }

            Assign();
            return wire;
        }
    }

    /// <summary>Which agent a session belongs to.</summary>
    /// <exception cref="WireException">The session is over.</exception>
    public int AgentOf(Guid sessionId)
    {
        lock (_gate)
        {
            return Session(sessionId).Agent.Id;
        }
    }

    /// <summary>Closes a session. A job whose message the agent did not take goes back to the queue; a running job goes on.</summary>
    public void CloseSession(Guid sessionId)
    {
        lock (_gate)
        {
            Close(Session(sessionId));
            Assign();
        }
    }

    /// <summary>Waits for a message after the last one seen. The message stays until it is deleted, so it may be delivered twice.</summary>
    /// <returns>Null when none came in <see cref="PollHold"/>.</returns>
    public async Task<TaskAgentMessage?> NextMessageAsync(Guid sessionId, long lastSeenMessageId, Uri organization, CancellationToken ct)
    {
        var end = _clock.GetUtcNow() + PollHold;
        var session = CountPoll(sessionId, +1);
        try
        {
            while (true)
            {
                PoolMessage? message;
                Task next;
                lock (_gate)
                {
                    message = Session(sessionId).Messages.Find(candidate => candidate.Id > lastSeenMessageId);
                    next = session.Changed.Task;
                }

                if (message is not null)
                {
                    return session.Seal(message.Id, message.Type, message.Body(organization));
                }

                await next.WaitAsync(end - _clock.GetUtcNow() is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero, _clock, ct);
            }
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            CountPoll(session, -1);
        }
    }

    /// <summary>Takes a message out of a session; one that is gone already is no error.</summary>
    public void DeleteMessage(Guid sessionId, long messageId)
    {
        lock (_gate)
        {
            Session(sessionId).Messages.RemoveAll(message => message.Id == messageId);
        }
    }

    private AgentSession Session(Guid sessionId) =>
        _sessions.TryGetValue(sessionId, out var session) ? session : throw Refusal.SessionExpired(sessionId);

    private AgentSession CountPoll(Guid sessionId, int change)
    {
        lock (_gate)
        {
            return CountPoll(Session(sessionId), change);
        }
    }

    private AgentSession CountPoll(AgentSession session, int change)
    {
        lock (_gate)
        {
            session.PollsUnderWay += change;
            session.LastSeen = _clock.GetUtcNow();
            Arm();
            return session;
        }
    }

    private void Send(AgentSession session, string type, Func<Uri, string> body, JobRequest request)
    {
        session.Messages.Add(new(++_lastMessageId, type, body, request));
        session.Wake();
    }

    private void Close(AgentSession? session)
    {
        if (session is null)
        {
            return;
        }

        _sessions.Remove(session.Id);
        session.Agent.Session = null;
        session.Wake();
        foreach (var request in session.Messages.Select(message => message.Request))
        {
            if (request is { Result: null, ReceiveTime: null })
            {
                Requeue(request);
            }
        }
    }
}
