using Tidepool.AzurePipelines.State;
using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Pools;

/// <summary>How the pool outlives the service.</summary>
internal sealed partial class AgentPool
{
    private const long MessagesOfOneStart = 1_000_000_000;

    private readonly ServiceStore? _store;
    private Dictionary<(Guid Plan, Guid Job), Queue<StoredRequest>>? _restoring;

    /// <summary>Takes back the agents; until <see cref="EndRestore"/> jobs that are queued take the requests that they had.</summary>
    public void BeginRestore(ServiceStore store)
    {
        lock (_gate)
        {
            foreach (var agent in store.Agents())
            {
                _agents.Add(agent.Id, RegisteredAgent.Of(agent));
                _lastAgentId = Math.Max(_lastAgentId, agent.Id);
            }

            // Agents ask for messages after the last one that they saw, also in a session that they made anew.
            _lastMessageId = store.CountStart() * MessagesOfOneStart;
            var requests = store.Requests();
            _lastRequestId = requests.Select(request => request.Id).DefaultIfEmpty(0).Max();
            _restoring = requests.GroupBy(request => (request.PlanId, request.JobId)).ToDictionary(group => group.Key, group => new Queue<StoredRequest>(group));
        }
    }

    /// <summary>Assigns from now on.</summary>
    public void EndRestore()
    {
        lock (_gate)
        {
            _restoring = null;
            Assign();
        }
    }

    /// <summary>
    /// A job's request as it was. One that an agent took goes on: the agent has as long to renew it as it always has. One that was assigned and
    /// not taken waits again, since the message went with its session; an agent that had just fetched it is refused when it renews, and drops it.
    /// </summary>
    private JobRequest Restored(StoredRequest stored, QueuedJob job)
    {
        var request = new JobRequest(stored.Id, Id, job, stored.QueueTime)
        {
            FinishTime = stored.FinishTime,
            CancelTimeout = stored.CancelTimeout,
            Result = stored.Result,
            Reason = stored.Reason,
        };
        var agent = stored.AgentId is { } id ? _agents.GetValueOrDefault(id) : null;
        if (stored.Result is not null || stored.ReceiveTime is not null)
        {
            (request.Agent, request.AssignTime, request.ReceiveTime) = (agent, stored.AssignTime, stored.ReceiveTime);
        }

        if (stored.Result is null && stored.ReceiveTime is not null && agent is not null)
        {
            agent.Assigned = request;
            request.LockedUntil = _clock.GetUtcNow() + LeaseOf(agent);
        }
        else if (stored.Result is null && stored.ReceiveTime is not null)
        {
            (request.Result, request.Reason, request.FinishTime) = (NodeResult.Abandoned, "lost: its agent was removed", _clock.GetUtcNow());
        }
        else if (stored.Result is null && stored.CancelTimeout is not null)
        {
            (request.Result, request.FinishTime) = (NodeResult.Canceled, _clock.GetUtcNow());
        }

        return request;
    }

    private void Keep(JobRequest request) => _store?.Save(request.ToStored());

    private void Keep(RegisteredAgent agent) => _store?.Save(agent.ToStored());
}
