using Tidepool.Pipelines.Graph;

namespace Tidepool.AzurePipelines.Client;

/// <summary>What the events of a run add up to, as far as they were heard. Outputs and logs are not among it.</summary>
internal sealed class FollowedRun
{
    private readonly List<Stage> _stages = [];
    private int _id;
    private string _number = "";
    private NodeResult? _result;

    /// <summary>Hears the next event.</summary>
    public void Hear(RunEvent happened)
    {
        switch (happened)
        {
            case RunStarted started:
                (_id, _number) = (started.RunId, started.Number);
                break;
            case StageStarted started:
                Find(started.Stage);
                break;
            case StageFinished finished:
                var stage = Find(finished.Stage);
                stage.Seen = stage.Seen with { Result = finished.Result, Reason = finished.Reason };
                break;
            case JobQueued queued:
                Change(queued.Stage, queued.Job, job => job with { QueuedAt = queued.At, MappedFrom = queued.MappedFrom });
                break;
            case JobAssigned assigned:
                Change(assigned.Stage, assigned.Job, job => job with { AgentName = assigned.AgentName, AgentCapabilities = assigned.Capabilities });
                break;
            case JobStarted started:
                Change(started.Stage, started.Job, job => job with { StartedAt = started.At });
                break;
            case StepStarted started:
                Change(started.Stage, started.Job, job => job with { Steps = [.. job.Steps, Step(started.Step) with { StartedAt = started.At }] });
                break;
            case StepFinished finished:
                Change(finished.Stage, finished.Job, job => job with { Steps = Finished(job.Steps, finished) });
                break;
            case JobFinished finished:
                Change(finished.Stage, finished.Job, job => job with
                {
                    DisplayName = finished.Job.DisplayName,
                    Result = finished.Result,
                    Reason = finished.Reason,
                    Issues = finished.Issues,
                    FinishedAt = finished.At,
                });
                break;
            case RunFinished finished:
                _result = finished.Result;
                break;
        }
    }

    /// <summary>The run as it is known.</summary>
    public RunSnapshot Snapshot() => new()
    {
        Id = _id,
        Number = _number,
        Result = _result,
        Stages = [.. _stages.Select(stage => stage.Seen with { Jobs = [.. stage.Jobs] })],
    };

    private static StepSnapshot Step(NodeName name) => new() { Name = name.Name, DisplayName = name.DisplayName };

    private static IReadOnlyList<StepSnapshot> Finished(IReadOnlyList<StepSnapshot> steps, StepFinished finished)
    {
        var known = steps.FirstOrDefault(step => step.Name == finished.Step.Name) ?? Step(finished.Step);
        var ended = known with
        {
            DisplayName = finished.Step.DisplayName,
            Result = finished.Result,
            Issues = finished.Issues,
            StartedAt = finished.At - finished.Duration,
            FinishedAt = finished.At,
        };
        return steps.Contains(known) ? [.. steps.Select(step => step == known ? ended : step)] : [.. steps, ended];
    }

    private Stage Find(NodeName name)
    {
        var stage = _stages.FirstOrDefault(stage => stage.Seen.Name == name.Name);
        if (stage is null)
        {
            _stages.Add(stage = new(new() { Name = name.Name, DisplayName = name.DisplayName }));
        }

        return stage;
    }

    private void Change(NodeName stageName, NodeName name, Func<JobSnapshot, JobSnapshot> change)
    {
        var jobs = Find(stageName).Jobs;
        var at = jobs.FindIndex(job => job.Name == name.Name);
        if (at < 0)
        {
            at = jobs.Count;
            jobs.Add(new() { Name = name.Name, DisplayName = name.DisplayName });
        }

        jobs[at] = change(jobs[at]);
    }

    private sealed class Stage(StageSnapshot seen)
    {
        public StageSnapshot Seen { get; set; } = seen;

        public List<JobSnapshot> Jobs { get; } = [];
    }
}
