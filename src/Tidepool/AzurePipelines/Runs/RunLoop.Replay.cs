using Tidepool.AzurePipelines.Api;
using Tidepool.AzurePipelines.Pools;
using Tidepool.AzurePipelines.State;

namespace Tidepool.AzurePipelines.Runs;

/// <summary>How a run outlives the service: each input is kept, and when the service starts again the inputs make the run what it was.</summary>
internal sealed partial class RunLoop
{
    private ServiceStore? _store;
    private DateTimeOffset? _replayedAt;
    private bool _begun;

    /// <summary>The time of the input that is under way.</summary>
    private DateTimeOffset Now => _replayedAt ?? _clock.GetUtcNow();

    /// <summary>Keeps the inputs from now on.</summary>
    public void Keep(ServiceStore store)
    {
        _store = store;
        Notes.Changed = () => store.Save(Facts.Id, Notes.ToStored(Facts.Number));
    }

    /// <summary>Makes the run what it was. Call it before <see cref="Start"/>, and while the pool restores.</summary>
    public void Restore(IReadOnlyList<StoredInput> inputs)
    {
        lock (_gate)
        {
            (_begun, _replayedAt, _logs.Resumes) = (true, Facts.StartTime, true);
            Begin();
            Advance();
            foreach (var (at, input) in inputs)
            {
                _replayedAt = at;
                try
                {
                    Replay(input);
                    if (_graphChanged)
                    {
                        Advance();
                    }
                }
                catch (WireException)
                {
                    // It was refused then, too.
                }
            }

            _replayedAt = null;
        }
    }

    /// <summary>Tells the run what the pool knows of its jobs and it does not: the service may have ended between the two.</summary>
    public void Reconcile()
    {
        foreach (var leg in Legs.Where(leg => leg is { Request: not null, Result: null }).ToList())
        {
            foreach (var news in Missed(leg, leg.Request!))
            {
                Post(() => Hear(leg, news));
            }
        }
    }

    private static IEnumerable<JobRequestNews> Missed(LegNode leg, JobRequest request)
    {
        if (request is { Result: null, Agent: null })
        {
            if (leg.AgentName is not null)
            {
                yield return new JobRequestNews.Requeued();
            }

            yield break;
        }

        if (request.Agent is { } agent && leg.AgentName is null)
        {
            yield return new JobRequestNews.Assigned(agent.Name, agent.AllCapabilities);
        }

        if (request.ReceiveTime is not null && leg.StartedAt is null)
        {
            yield return new JobRequestNews.Received();
        }

        if (request.Result is { } result)
        {
            yield return new JobRequestNews.Finished(result, request.Reason);
        }
    }

    private void Keep(RunInput input)
    {
        if (_replayedAt is null)
        {
            _store?.Append(Facts.Id, Now, input);
        }
    }

    private Task<T> InvokeAsync<T>(RunInput input, Func<T> change) => InvokeAsync(() =>
    {
        Keep(input);
        return change();
    });

    private static RunInput InputOf(LegNode leg, JobRequestNews news) => news switch
    {
        JobRequestNews.Assigned assigned => new RunInput.Assigned(leg.RecordId, assigned.AgentName, assigned.Capabilities),
        JobRequestNews.Received => new RunInput.Received(leg.RecordId),
        JobRequestNews.Requeued => new RunInput.Requeued(leg.RecordId),
        JobRequestNews.Finished finished => new RunInput.Finished(leg.RecordId, finished.Result, finished.Reason),
        _ => throw new InvalidOperationException($"Unhandled {nameof(JobRequestNews)} {news}."),
    };

    private void Replay(RunInput input)
    {
        switch (input)
        {
            case RunInput.Assigned assigned:
                Replay(assigned.Leg, new JobRequestNews.Assigned(assigned.AgentName, Capabilities.Of(assigned.Capabilities)));
                break;
            case RunInput.Received received:
                Replay(received.Leg, new JobRequestNews.Received());
                break;
            case RunInput.Requeued requeued:
                Replay(requeued.Leg, new JobRequestNews.Requeued());
                break;
            case RunInput.Finished finished:
                Replay(finished.Leg, new JobRequestNews.Finished(finished.Result, finished.Reason));
                break;
            case RunInput.Records records:
                Patch(records.TimelineId, records.Sent);
                break;
            case RunInput.TimelineAdded added:
                AddTimeline(added.TimelineId);
                break;
            case RunInput.LogAdded added:
                _logs.Create(added.Path, Now);
                break;
            case RunInput.LogGrew grew:
                _logs.Grow(grew.LogId, grew.Lines, Now);
                break;
            case RunInput.Attached attached:
                Attach(attached.TimelineId, attached.RecordId, attached.Type, attached.Name, attached.Content);
                break;
            case RunInput.Canceled:
                Cancel();
                break;
            case RunInput.StageCanceled canceled:
                CancelStage(canceled.Stage);
                break;
            case RunInput.TimedOut timedOut when LegOf(timedOut.Leg) is { } leg:
                Stop(leg, timedOut.Reason);
                break;
            case RunInput.StageRetried retried:
                RetryStage(retried.Stage, retried.AllJobs);
                GoOn();
                break;
            case RunInput.StageReleased released:
                ReleaseStage(released.Stage);
                GoOn();
                break;
            case RunInput.StepEnded ended when LegOf(ended.Leg) is { } leg:
                EndStep(leg, ended.Status);
                break;
        }
    }

    private void GoOn()
    {
        _graphChanged = true;
        if (_result is not null)
        {
            (_canceling, _result, _finishedAt, _checksEnd) = (false, null, null, new());
        }
    }

    private void Replay(Guid leg, JobRequestNews news)
    {
        if (LegOf(leg) is { } known)
        {
            Hear(known, news);
        }
    }
}
