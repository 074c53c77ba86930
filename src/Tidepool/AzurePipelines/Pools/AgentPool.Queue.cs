using System.Text.Json;
using Tidepool.AgentProtocol;
using Tidepool.AzurePipelines.Api;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Pools;

internal sealed partial class AgentPool
{
    /// <summary>How long an agent owns a job without renewing.</summary>
    /// <remarks>Seen on the wire: an agent renews each minute, and the answer's <c>lockedUntil</c> is some minutes ahead.</remarks>
    private static readonly TimeSpan ServiceLease = TimeSpan.FromMinutes(10);

    private readonly SortedDictionary<long, JobRequest> _requests = [];

    // Of those that have not ended: the ones without an agent, oldest first, and the ones with one.
    private readonly SortedDictionary<long, JobRequest> _waiting = [];
    private readonly Dictionary<long, JobRequest> _assigned = [];
    private long _lastRequestId;

    /// <summary>Puts a job into the queue and assigns it if an agent is free.</summary>
    /// <returns>
    /// The request, and in the service's words why no agent that is there can take the job. Without a request it is refused; it is queued all
    /// the same where jobs wait for agents to come.
    /// </returns>
    public (JobRequest? Request, string? Obstacle) Queue(QueuedJob job)
    {
        lock (_gate)
        {
            if (_restoring is not null && _restoring.TryGetValue((job.PlanId, job.JobId), out var stored) && stored.TryDequeue(out var known))
            {
                var back = Restored(known, job);
                Add(back);
                return (back, null);
            }

            var obstacle = ObstacleTo(job);
            if (obstacle is not null && !_waitForAgents)
            {
                return (null, obstacle);
            }

            var request = new JobRequest(++_lastRequestId, Id, job, _clock.GetUtcNow());
            Add(request);
            Keep(request);
            Assign();
            return (request, obstacle);
        }
    }

    /// <summary>Prolongs an agent's lock on a job; the first renewal is the agent's word that it took the job.</summary>
    public TaskAgentJobRequest Renew(long requestId)
    {
        lock (_gate)
        {
            var request = Running(requestId);
            var now = _clock.GetUtcNow();
            if (request.ReceiveTime is null)
            {
                request.ReceiveTime = now;
                Keep(request);
                request.Job.Hears(new JobRequestNews.Received());
            }

            request.LockedUntil = now + LeaseOf(request.Agent!);
            if (request.Agent!.Session is { } session)
            {
                session.LastSeen = now;
            }

            Arm();
            return request.ToWire([]);
        }
    }

    /// <summary>Ends a request; one that ended already stays as it is.</summary>
    public void Finish(long requestId, NodeResult result, string? reason)
    {
        lock (_gate)
        {
            if (_restoring is null && _requests.TryGetValue(requestId, out var request) && request.Result is null)
            {
                Finish(request, result, reason);
                Assign();
            }
        }
    }

    /// <summary>Asks the agent of a running job to stop it; a job that no agent took ends here and now.</summary>
    public void Cancel(long requestId, TimeSpan timeout)
    {
        lock (_gate)
        {
            if (_restoring is not null || !_requests.TryGetValue(requestId, out var request) || request.Result is not null)
            {
                return;
            }

            request.CancelTimeout = timeout;
            Keep(request);
            if (request.ReceiveTime is null)
            {
                Finish(request, NodeResult.Canceled, reason: null);
                Assign();
            }
            else if (request.Agent?.Session is { } session)
            {
                SendCancellation(session, request, timeout);
            }
        }
    }

    public TaskAgentJobRequest GetRequest(long requestId)
    {
        lock (_gate)
        {
            return _requests.TryGetValue(requestId, out var request) ? Show(request) : throw Refusal.JobRequestNotFound(requestId);
        }
    }

    /// <summary>Requests, unfinished ones first, then finished ones from the newest.</summary>
    /// <param name="top">At most so many of all.</param>
    /// <param name="finished">At most so many of the finished.</param>
    /// <param name="agents">Only those that one of these agents has or had; null for all.</param>
    public IReadOnlyList<TaskAgentJobRequest> ListRequests(int? top, int? finished, IReadOnlyCollection<int>? agents = null)
    {
        lock (_gate)
        {
            var asked = agents is null ? _requests.Values : _requests.Values.Where(request => request.Agent is { } agent && agents.Contains(agent.Id));
            return
            [
                .. asked.Where(request => request.Result is null)
                    .Concat(asked.Where(request => request.Result is not null)
                        .OrderByDescending(request => request.FinishTime)
                        .Take(finished ?? int.MaxValue))
                    .Take(top ?? int.MaxValue)
                    .Select(Show),
            ];
        }
    }

    /// <summary>Forgets the requests of a run that is not kept any longer; all of them have ended.</summary>
    public void Forget(Guid planId)
    {
        lock (_gate)
        {
            foreach (var request in _requests.Values.Where(request => request.Job.PlanId == planId && request.Result is not null).ToList())
            {
                _requests.Remove(request.Id);
                _store?.RemoveRequest(request.Id);
            }
        }
    }

    private void Add(JobRequest request)
    {
        _requests.Add(request.Id, request);
        Sort(request);
    }

    private void Sort(JobRequest request)
    {
        _waiting.Remove(request.Id);
        _assigned.Remove(request.Id);
        if (request.Result is null)
        {
            (request.Agent is null ? (IDictionary<long, JobRequest>)_waiting : _assigned).Add(request.Id, request);
        }
    }

    private void SendCancellation(AgentSession session, JobRequest request, TimeSpan timeout)
    {
        var body = JsonSerializer.Serialize(new(request.Job.JobId, timeout), ProtocolJson.Default.JobCancelMessage);
        Send(session, TaskAgentMessage.JobCancellation, _ => body, request);
    }

    private string? ObstacleTo(QueuedJob job)
    {
        var fitting = _agents.Values.Where(agent => Meets(agent, job)).ToList();
        return fitting.Count == 0 ? PoolTexts.NoAgent(Name, job.Demands, [.. _agents.Values.Select(agent => agent.AllCapabilities)])
            : _waitForAgents && !fitting.Any(agent => agent is { Online: true, Enabled: true }) ? PoolTexts.NoneOnline(Name, fitting.Count)
            : null;
    }

    private static bool Meets(RegisteredAgent agent, QueuedJob job) =>
        agent.AllCapabilities is var capabilities && job.Demands.All(demand => demand.IsMetBy(capabilities));

    private TimeSpan LeaseOf(RegisteredAgent agent) =>
        agent.IsBuiltIn || _builtInLease > ServiceLease ? _builtInLease : ServiceLease;

    private JobRequest Running(long requestId) => !_requests.TryGetValue(requestId, out var request)
        ? throw Refusal.JobRequestNotFound(requestId)
        : request is { Result: null, Agent: not null } ? request : throw Refusal.JobRequestOver(requestId);

    private TaskAgentJobRequest Show(JobRequest request) =>
        request.ToWire([.. _agents.Values.Where(agent => Meets(agent, request.Job)).Select(agent => agent.ToReference())]);

    /// <summary>Gives waiting requests, oldest first, to agents that are online, enabled and idle.</summary>
    private void Assign()
    {
        if (_restoring is not null)
        {
            return;
        }

        var idle = _waiting.Count == 0 ? [] : _agents.Values.Where(agent => agent is { Online: true, Enabled: true, Assigned: null }).ToList();
        foreach (var request in idle.Count == 0 ? [] : _waiting.Values.ToArray())
        {
            if (Place(request.Job, idle) is not { } agent)
            {
                continue;
            }

            idle.Remove(agent);
            var now = _clock.GetUtcNow();
            (request.Agent, request.AssignTime, request.LockedUntil, agent.Assigned) = (agent, now, now + LeaseOf(agent), request);
            Sort(request);
            Keep(request);
            request.Job.Hears(new JobRequestNews.Assigned(agent.Name, agent.AllCapabilities));
            Send(agent.Session!, TaskAgentMessage.JobRequest, organization => request.Job.Message(request, organization), request);
            if (idle.Count == 0)
            {
                break;
            }
        }

        Announce();
    }

    private RegisteredAgent? Place(QueuedJob job, List<RegisteredAgent> idle)
    {
        if (job.Placement is not { } placement)
        {
            return idle.Find(agent => Meets(agent, job));
        }

        var able = _agents.Values.Where(agent => agent is { Online: true, Enabled: true } && Meets(agent, job)).ToList();
        if (able.Count == 0)
        {
            return null;
        }

        var may = placement([.. able.Select(agent => agent.AllCapabilities)]);
        return able.FirstOrDefault(agent => agent.Assigned is null && may(agent.AllCapabilities));
    }

    private void Requeue(JobRequest request)
    {
        request.Agent!.Assigned = null;
        (request.Agent, request.AssignTime, request.LockedUntil) = (null, null, null);
        Sort(request);
        Keep(request);
        request.Job.Hears(new JobRequestNews.Requeued());
    }

    private void Finish(JobRequest request, NodeResult result, string? reason)
    {
        if (request.Agent is { } agent)
        {
            agent.Assigned = null;
            agent.Session?.Messages.RemoveAll(message => message.Request == request);
        }

        (request.Result, request.Reason, request.FinishTime, request.LockedUntil) = (result, reason, _clock.GetUtcNow(), null);
        Sort(request);
        Keep(request);
        request.Agent?.LastCompleted = request.ToWire([]);
        request.Job.Hears(new JobRequestNews.Finished(result, reason));
    }

    /// <summary>Ends what ran out: locks that were not renewed, sessions that nobody polls.</summary>
    private void Sweep()
    {
        lock (_gate)
        {
            var now = _clock.GetUtcNow();
            foreach (var request in _assigned.Values.Where(request => LockEnd(request) <= now).ToList())
            {
                Finish(request, NodeResult.Abandoned, $"lost: agent {request.Agent!.Name} stopped renewing");
            }

            foreach (var session in _sessions.Values.Where(session => IdleEnd(session) <= now).ToList())
            {
                Close(session);
            }

            Assign();
        }
    }

    private static DateTimeOffset LockEnd(JobRequest request) =>
        request is { Result: null, LockedUntil: { } end } ? end : DateTimeOffset.MaxValue;

    private static DateTimeOffset IdleEnd(AgentSession session) =>
        session.PollsUnderWay > 0 ? DateTimeOffset.MaxValue : session.LastSeen + SessionIdleLimit;

    private void Arm()
    {
        var next = _assigned.Values.Select(LockEnd).Concat(_sessions.Values.Select(IdleEnd)).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
        var wait = next - _clock.GetUtcNow();
        _sweep.Change(
            next == DateTimeOffset.MaxValue ? Timeout.InfiniteTimeSpan : wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
            Timeout.InfiniteTimeSpan);
    }
}
